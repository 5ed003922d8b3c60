import type { PortKind, ValueRef } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { isHandle, refOfHandle, refOfInput } from './handle.ts'

/** How the manifest finds the code of a node and its digest. */
export type NodeBody =
  /** A step of a TypeScript module; `module` is the file URL that declares it. */
  | { readonly kind: 'typescript'; readonly step: object; readonly module: string }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly code: CommandCode }
  | { readonly kind: 'builtin'; readonly name: string }

/** Which of the project's files are the code of a command. */
export interface CommandCode {
  /** A Python script brings the Python files of its folder with it. */
  readonly python: boolean
  readonly files: readonly string[]
}

/** A node as declared: all of the manifest's node but the digest of its code. */
export interface NodeDraft {
  readonly id: string
  readonly step: string
  readonly body: NodeBody
  readonly inputs: Readonly<Record<string, ValueRef>>
  readonly outputs: Readonly<Record<string, PortKind>>
  readonly after: readonly string[]
  readonly cache: boolean
  readonly retry: { readonly max: number; readonly backoff: string }
  readonly timeout: string
}

/** How a step runs; beside the step for all its calls, or in one call. */
export interface RunOptions {
  /** Reuse outputs of an earlier run with the same code, inputs, parameters and seed; on unless told. */
  readonly cache?: boolean
  /** Tries after the first, and the pause before the next, which doubles each time. */
  readonly retry?: { readonly max: number; readonly backoff?: string }
  /** The process is ended after this time; `1h` unless told. */
  readonly timeout?: string
}
export interface CallOptions extends RunOptions {
  /** Name of the node; the step's name, numbered when it is called again, unless told. */
  readonly id?: string
  /** Steps that must end first though nothing flows from them: what their calls answered, or a handle of it. */
  readonly after?: readonly unknown[]
}

export interface NewNode {
  readonly step: string
  readonly body: NodeBody
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, PortKind>>
  readonly options: CallOptions
}

/** Collects the nodes of one pipeline in the order of the calls. */
export class GraphBuilder {
  readonly #nodes = new Map<string, NodeDraft>()

  get nodes(): readonly NodeDraft[] {
    return [...this.#nodes.values()]
  }

  /** Adds a node and answers its id. */
  add({ step, body, inputs, outputs, options }: NewNode): string {
    const id = this.#idFor(step, options.id)
    this.#nodes.set(id, {
      id,
      step,
      body,
      inputs: Object.fromEntries(
        Object.entries(inputs)
          .filter(([, input]) => input !== undefined)
          .map(([name, input]) => [name, this.#known(refOfInput(input), id)]),
      ),
      outputs,
      after: [...new Set((options.after ?? []).flatMap(nodesBehind))],
      cache: options.cache ?? true,
      retry: { max: options.retry?.max ?? 0, backoff: options.retry?.backoff ?? '1s' },
      timeout: options.timeout ?? '1h',
    })
    return id
  }

  has(id: string): boolean {
    return this.#nodes.has(id)
  }

  #idFor(step: string, wanted: string | undefined): string {
    if (wanted !== undefined && this.#nodes.has(wanted)) {
      throw new KaizenError('INVALID_MANIFEST', `two steps of the pipeline are named "${wanted}"`, {
        hint: 'Give each call another id.',
      })
    }
    if (wanted !== undefined) return wanted
    let id = step
    for (let n = 2; this.#nodes.has(id); n++) id = `${step}-${n}`
    return id
  }

  #known(ref: ValueRef, user: string): ValueRef {
    if (ref.from === 'node' && !this.#nodes.has(ref.node)) {
      throw new KaizenError(
        'INVALID_MANIFEST',
        `the step "${user}" uses an output of "${ref.node}", which belongs to another pipeline`,
        { hint: 'Call that step inside this pipeline too; the cache makes the second call free.' },
      )
    }
    return ref
  }
}

const nodeOf = Symbol('kaizen.node')

/** Marks what a step answers with its node, so that others can come after it though it has no outputs. */
export const markNode = <T extends object>(answer: T, node: string): T =>
  Object.defineProperty(answer, nodeOf, { value: node })

/** Ids of the nodes that a handle, or a record of handles as a step answers it, comes from. */
function nodesBehind(dependency: unknown): readonly string[] {
  const marked = (dependency as { readonly [nodeOf]?: string } | null | undefined)?.[nodeOf]
  if (marked !== undefined) return [marked]
  if (isHandle(dependency)) {
    const ref = refOfHandle(dependency)
    return ref.from === 'node' ? [ref.node] : []
  }
  if (typeof dependency === 'object' && dependency !== null)
    return Object.values(dependency).flatMap(nodesBehind)
  return []
}

let open: GraphBuilder | undefined

/** Runs `declare` with a new graph open; steps called meanwhile become its nodes. */
export function buildGraph<T>(declare: () => T): {
  readonly nodes: readonly NodeDraft[]
  readonly result: T
} {
  if (open) {
    throw new KaizenError('INVALID_MANIFEST', 'a pipeline is declared inside another pipeline', {
      hint: 'Declare it outside and call its steps here.',
    })
  }
  const graph = new GraphBuilder()
  open = graph
  try {
    const result = declare()
    return { nodes: graph.nodes, result }
  } finally {
    open = undefined
  }
}

/** The graph being declared. @throws INVALID_MANIFEST outside `pipeline()`. */
export function openGraph(step: string): GraphBuilder {
  if (open) return open
  throw new KaizenError('INVALID_MANIFEST', `the step "${step}" is called outside a pipeline`, {
    hint: `Call it in the function given to pipeline(); to run its code in a test, call its .run().`,
  })
}
