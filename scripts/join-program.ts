/**
 * Joins the modules of the server into few files: `node scripts/join-program.ts FOLDER`, called by `./kaizen server` when
 * a source has changed. A thousand modules cost a start more than all of its own work (docs/adr/0007-start.md). What is
 * written is a cache: the sources run as they are too, and threads and processes that the server starts do.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join, relative, sep } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { writeJoined } from './write-joined.ts'

const root = join(import.meta.dirname, '..')
const [made] = process.argv.slice(2)
if (!made) throw new Error('usage: join-program.ts FOLDER')
const aside = `${made}.next`

const isOwn = (specifier: string): boolean =>
  specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('@kaizen/')

/** The package, below the root, whose module a file is. */
const packageOf = (file: string): string => relative(root, file).split(sep).slice(0, 2).join('/')

/** The package that declares a library: what is joined lies in none, so imports are found from there. */
const owners: Record<string, string> = {}

interface AstNode {
  readonly type: string
  readonly start: number
  readonly end: number
}
interface Place {
  readonly start: number
  readonly end: number
  readonly text: string
}

const isNode = (value: unknown): value is AstNode =>
  typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string'

/** The nodes of a syntax tree in the order of the text, and the one that each stands in. */
function* nodesOf(
  node: AstNode,
  parent?: AstNode,
): Generator<readonly [node: AstNode, parent: AstNode | undefined]> {
  yield [node, parent]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) yield* nodesOf(child, node)
  }
}

/** An expression for the address of a file, from where the joined files lie. */
const addressOf = (file: string): string =>
  `new URL(${JSON.stringify(relative(made, file).split(sep).join('/'))}, import.meta.url).href`

/** What a module says of its own place, said from where the joined file lies. */
function placesIn(tree: AstNode, code: string, file: string): readonly Place[] {
  const places: Place[] = []
  for (const [node, parent] of nodesOf(tree)) {
    if (node.type !== 'MetaProperty' || code.slice(node.start, node.end) !== 'import.meta') continue
    const member = parent && code.slice(parent.start, parent.end)
    if (parent && member === 'import.meta.url') {
      places.push({ start: parent.start, end: parent.end, text: addressOf(file) })
      continue
    }
    const resolved = /^import\.meta\.resolve\('([^']+)'\)/.exec(code.slice(node.start))
    if (!resolved) throw new Error(`${file}: ${member} cannot be joined`)
    const [text, specifier = ''] = resolved
    places.push({
      start: node.start,
      end: node.start + text.length,
      text: addressOf(createRequire(file).resolve(specifier)),
    })
  }
  return places
}

const plugin: Plugin = {
  name: 'join-program',
  resolveId(specifier, importer) {
    if (isOwn(specifier)) return null
    if (importer !== undefined && !isBuiltin(specifier)) owners[specifier] = packageOf(importer)
    return { id: specifier, external: true }
  },
  transform(code, file) {
    if (!code.includes('import.meta')) return null
    const places = placesIn(this.parse(code, { lang: 'ts' }) as AstNode, code, file)
    return places.reduceRight(
      (text, { start, end, text: said }) => text.slice(0, start) + said + text.slice(end),
      code,
    )
  },
}

const bundle = await rolldown({
  input: { main: join(root, 'packages/cli/src/main.ts') },
  platform: 'node',
  treeshake: false,
  plugins: [plugin],
})
await writeJoined(bundle, aside, () => owners)
mkdirSync(join(made, '..'), { recursive: true })
rmSync(made, { recursive: true, force: true })
renameSync(aside, made)
