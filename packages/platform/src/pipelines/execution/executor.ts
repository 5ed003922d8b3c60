import type { PortKind, StepBody, StepResult } from '@kaizen/contracts'
import type { Bundle, Params, ResolvedInput, StepOutputs, StoredError } from '../model.ts'

/** All that is needed to run one attempt of a step anywhere. */
export interface StepSpec {
  readonly run: string
  readonly node: string
  readonly step: string
  /** 1 for the first try. */
  readonly attempt: number
  readonly body: StepBody
  readonly bundle: Bundle
  readonly inputs: Readonly<Record<string, ResolvedInput>>
  readonly outputs: Readonly<Record<string, PortKind>>
  readonly params: Params
  readonly seed: number
  readonly timeoutMs: number
}

/** Takes what a step prints, as it prints it; answers when it can take more. */
export type StepOutput = (
  stream: 'stdout' | 'stderr' | 'system',
  chunk: Uint8Array,
) => Promise<void>

export type StepOutcome =
  | {
      readonly kind: 'succeeded'
      /** Files among them are stored. */
      readonly outputs: StepOutputs
      readonly metrics: StepResult['metrics']
      readonly params: StepResult['params']
    }
  | { readonly kind: 'failed'; readonly error: StoredError }
  /** Ended by `cancel`, or by the end of the server: it has neither succeeded nor failed. */
  | { readonly kind: 'cancelled' }

/** An attempt under way. */
export interface RunningStep {
  /** Finds the attempt again after a restart of the server. */
  readonly handle: string
  wait(): Promise<StepOutcome>
  /** Ends it; `wait` then answers `cancelled`. */
  cancel(): Promise<void>
}

/** The step executor port: where the processes of steps run. */
export interface StepExecutor extends AsyncDisposable {
  /** Starts an attempt when there is room. @throws what `signal` is aborted with while it waits */
  submit(spec: StepSpec, output: StepOutput, signal: AbortSignal): Promise<RunningStep>
  /** Takes up an attempt of an earlier life of the server; undefined when it must be run again. */
  reattach(handle: string): Promise<RunningStep | undefined>
  /** What of the surroundings can change a step's outputs; part of its cache key. */
  environmentOf(body: StepBody): Promise<Readonly<Record<string, string>>>
}
