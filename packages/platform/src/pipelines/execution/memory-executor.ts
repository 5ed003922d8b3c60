import { digestOf } from '../../kernel/index.ts'
import type { RunningStep, StepExecutor, StepOutcome, StepSpec } from './executor.ts'

/** What becomes of an attempt; `hangs` until it is cancelled. */
export type Behaviour = 'succeeds' | 'fails' | 'hangs'

/** Steps without processes, for tests of what is decided around them: every output is the same value. */
export class MemoryExecutor implements StepExecutor {
  /** Attempts in the order of their start, each with the nodes that had succeeded by then. */
  readonly started: (StepSpec & { readonly after: readonly string[] })[] = []
  readonly succeeded: string[] = []
  readonly #behaviour: (spec: StepSpec) => Behaviour

  constructor(behaviour: (spec: StepSpec) => Behaviour) {
    this.#behaviour = behaviour
  }

  async submit(spec: StepSpec): Promise<RunningStep> {
    this.started.push({ ...spec, after: [...this.succeeded] })
    const behaviour = this.#behaviour(spec)
    const { promise, resolve } = Promise.withResolvers<StepOutcome>()
    if (behaviour !== 'hangs') setImmediate(() => resolve(this.#outcome(spec, behaviour)))
    return {
      handle: `${spec.node}/${spec.attempt}`,
      wait: () => promise,
      cancel: async () => resolve({ kind: 'cancelled' }),
    }
  }

  async reattach(): Promise<undefined> {
    return undefined
  }

  async environmentOf(): Promise<Readonly<Record<string, string>>> {
    return {}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // There is no process to end.
  }

  #outcome(spec: StepSpec, behaviour: 'succeeds' | 'fails'): StepOutcome {
    if (behaviour === 'fails')
      return { kind: 'failed', error: { code: 'STEP_FAILED', message: `${spec.node} failed` } }
    this.succeeded.push(spec.node)
    const value = { kind: 'value', digest: digestOf(1), sizeBytes: 1, value: 1 } as const
    const outputs = Object.fromEntries(Object.keys(spec.outputs).map((name) => [name, value]))
    return { kind: 'succeeded', outputs, metrics: {}, params: {} }
  }
}
