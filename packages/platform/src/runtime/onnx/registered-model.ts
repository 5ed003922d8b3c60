import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { KernelModel } from '../kernel/kernel-model.ts'
import type { ThreadFailure } from '../messages.ts'
import type { RuntimeName, Tensor, Tensors } from '../model.ts'
import { WorkCounter } from '../model-work.ts'
import { InlineSession } from './inline-session.ts'
import { type Job, RunQueue } from './run-queue.ts'
import { SharedRuns } from './shared-runs.ts'

/** A model that the runtime holds, and what it knows about it. */
export interface RegisteredModel {
  readonly number: number
  readonly source: string | Uint8Array
  readonly signature: ModelSignature
  /** What threads compute it with. */
  readonly runtime: RuntimeName
  /** Whether threads may compute it with the kernel. */
  readonly mayUseKernel: boolean
  /** For what is small enough to be computed on the event loop. */
  readonly kernel: KernelModel | undefined
  readonly inline: InlineSession
  readonly work: WorkCounter
  readonly shared: SharedRuns
  /** Small requests that onnxruntime computes on the event loop at the end of its turn. */
  readonly inlineQueue: RunQueue<Question>
  /** When the first of them arrived. */
  inlineSince: number
  /** Requests that have no answer yet. */
  inside: number
  closed: boolean
  emptied: (() => void) | undefined
}

export interface Question extends Job {
  readonly model: RegisteredModel
  readonly names: readonly string[]
  /** What requests must have in common besides their shapes to share a run. */
  readonly terms: string
  /** Whether onnxruntime is to compute it, whatever else could. */
  readonly native: boolean
}

export function registered(
  model: Pick<
    RegisteredModel,
    'number' | 'source' | 'signature' | 'runtime' | 'mayUseKernel' | 'kernel'
  >,
  inlineBelowMs: number,
): RegisteredModel {
  const work = new WorkCounter()
  return {
    ...model,
    inline: new InlineSession(model.source, model.signature, inlineBelowMs),
    work,
    shared: new SharedRuns(work),
    inlineQueue: new RunQueue(),
    inlineSince: 0,
    inside: 0,
    closed: false,
    emptied: undefined,
  }
}

export function leave(model: RegisteredModel): void {
  model.inside--
  if (model.inside === 0) model.emptied?.()
}

export const unloaded = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the model is not loaded any more')

/** The inputs in the order of the signature. @throws INVALID_TENSOR for one that is missing */
export const inputsOf = ({ inputs }: ModelSignature, tensors: Tensors): Tensor[] =>
  inputs.map(({ name }) => {
    const tensor = tensors[name]
    if (tensor) return tensor
    throw new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`)
  })

export const named = (names: readonly string[], tensors: readonly Tensor[]): Tensors =>
  Object.fromEntries(tensors.map((tensor, i) => [names[i]!, tensor]))

/** Does work of a session; its failures become those that callers are told. */
export function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (failure) {
    if (!(failure instanceof Error) || !('failure' in failure)) throw failure
    const { code, message, hint } = failure.failure as ThreadFailure
    throw new KaizenError(code, message, hint === undefined ? {} : { hint })
  }
}
