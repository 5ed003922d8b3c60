import type { PipelineDeclaration } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { buildGraph, type NodeDraft } from './graph.ts'
import { type Handle, makeHandle, refOfHandle, type ValueHandle } from './handle.ts'
import type { Param, Params } from './ports.ts'

/** What the body of a pipeline gets: its parameters as handles. */
export type ParamHandles<P extends Params> = {
  readonly [Name in keyof P]: P[Name] extends Param<infer Value> ? ValueHandle<Value> : never
}
export type Outputs = Readonly<Record<string, Handle>>

export interface PipelineOptions<P extends Params> {
  readonly description?: string
  readonly params?: P
}

/** A declared graph of steps. */
export interface Pipeline<P extends Params = Params, O extends Outputs = Outputs> {
  readonly kind: 'pipeline'
  readonly name: string
  readonly description: string
  readonly params: P
  readonly nodes: readonly NodeDraft[]
  readonly outputs: O
}

/**
 * Declares a pipeline: `build` calls steps with handles and answers the handles that are its results. It runs once,
 * now, to draw the graph; the steps run later.
 */
export function pipeline<const P extends Params, const O extends Outputs>(
  name: string,
  options: PipelineOptions<P>,
  build: (params: ParamHandles<P>) => O,
): Pipeline<P, O> {
  const params = options.params ?? ({} as P)
  const handles = Object.fromEntries(
    Object.keys(params).map((param) => [
      param,
      makeHandle('value', { from: 'param', name: param }),
    ]),
  ) as ParamHandles<P>
  const { nodes, result } = buildGraph(() => build(handles))
  if (result instanceof Promise) {
    throw new KaizenError('INVALID_MANIFEST', `pipeline "${name}": its function is async`, {
      hint: 'Declare the graph without await; what takes time belongs into a step.',
    })
  }
  return {
    kind: 'pipeline',
    name,
    description: options.description ?? '',
    params,
    nodes,
    outputs: result,
  }
}

/** The named results of a pipeline as the manifest writes them. */
export function outputRefs(declared: Pipeline): PipelineDeclaration['outputs'] {
  return Object.fromEntries(
    Object.entries(declared.outputs).map(([name, handle]) => {
      const ref = refOfHandle(handle)
      if (ref.from === 'node') return [name, { node: ref.node, output: ref.output }]
      throw new KaizenError(
        'INVALID_MANIFEST',
        `pipeline "${declared.name}": its output "${name}" does not come from a step`,
        { hint: 'Answer an output of a step.' },
      )
    }),
  )
}
