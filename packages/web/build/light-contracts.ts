import type { Plugin } from 'vite'

/** What only the server asks an endpoint for: to check requests and to describe itself. */
const serverSide: ReadonlySet<string> = new Set(['params', 'query', 'body', 'response'])
const contracts = /\/packages\/contracts\/src\/.*\.ts$/

interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
}
/** What stands in place of a part of a text. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Leaves the schemas out of every `endpoint({…})` of the contracts: a page calls endpoints by method and path, and
 * building some thousand schemas would be most of the time that its script takes to start. A schema that a form names
 * itself stays, in the chunk of that form.
 */
export const lightContracts = (): Plugin => ({
  name: 'kaizen-light-contracts',
  apply: 'build',
  transform: {
    filter: { id: contracts },
    handler(code) {
      const program = this.parse(code, { lang: 'ts' }) as unknown as Program
      const edits = [...unusedByPages(code, program), ...buildsNothingElse(program)]
      return { code: edited(code, edits), map: null, moduleSideEffects: false }
    },
  },
})

interface Program extends SyntaxNode {
  readonly body: readonly Statement[]
}
interface Statement extends SyntaxNode {
  /** What an `export` exports. */
  readonly declaration?: Statement | null
  readonly declarations?: readonly { readonly init: SyntaxNode | null }[]
}
interface Call extends SyntaxNode {
  readonly callee: { readonly name?: string }
  readonly arguments: readonly {
    readonly properties?: readonly (SyntaxNode & { readonly key?: { readonly name?: string } })[]
  }[]
}

/** The server's parts of endpoints, each with the comma behind it. */
function unusedByPages(code: string, program: Program): readonly Edit[] {
  const edits: Edit[] = []
  visit(program, (node) => {
    if (!isCall(node) || node.callee.name !== 'endpoint') return
    for (const { type, key, start, end } of node.arguments[0]?.properties ?? []) {
      if (type !== 'Property' || !serverSide.has(key?.name ?? '')) continue
      const comma = /^\s*,/.exec(code.slice(end))?.[0].length ?? 0
      edits.push({ start, end: end + comma, text: '' })
    }
  })
  return edits
}

/** Marks what the constants of a module are built by as free of effects: where none uses a constant, it goes. */
const buildsNothingElse = (program: Program): readonly Edit[] =>
  program.body
    .map((statement) => statement.declaration ?? statement)
    .flatMap((statement) => statement.declarations ?? [])
    .flatMap(({ init }) => (init !== null && calls(init) ? [init] : []))
    .flatMap(({ start, end }) => [
      { start, end: start, text: '/*#__PURE__*/ (() => (' },
      { start: end, end, text: '))()' },
    ])

function calls(init: SyntaxNode): boolean {
  if (init.type === 'ArrowFunctionExpression' || init.type === 'FunctionExpression') return false
  let found = false
  visit(init, (node) => {
    found ||= isCall(node) || node.type === 'NewExpression'
  })
  return found
}

const isCall = (node: SyntaxNode): node is Call => node.type === 'CallExpression'

function visit(node: unknown, see: (node: SyntaxNode) => void): void {
  if (typeof node !== 'object' || node === null) return
  if ('type' in node && 'start' in node) see(node as SyntaxNode)
  for (const child of Object.values(node)) visit(child, see)
}

function edited(code: string, edits: readonly Edit[]): string {
  let text = ''
  let from = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    text += code.slice(from, edit.start) + edit.text
    from = edit.end
  }
  return text + code.slice(from)
}
