import type { Clock } from '../../kernel/index.ts'
import type { PredictionAnswer, PredictionCall } from '../endpoints/live-endpoint.ts'
import type { InferenceTally } from './inference-tally.ts'

export interface Tallying {
  readonly clock: Clock
  readonly predict: (call: PredictionCall) => Promise<PredictionAnswer>
  /** Undefined where no version could be told. */
  readonly tallyOf: (version: number | undefined) => InferenceTally
}

/** Predicts and counts what came of it. */
export async function tallied(call: PredictionCall, to: Tallying): Promise<PredictionAnswer> {
  const startedAt = performance.now()
  let bindMs = 0
  const timed: PredictionCall = {
    ...call,
    bind: (signature, rules) => {
      const beganAt = performance.now()
      const bound = call.bind(signature, rules)
      bindMs = performance.now() - beganAt
      return bound
    },
  }
  try {
    const answer = await to.predict(timed)
    const totalMs = performance.now() - startedAt
    const { rows, ran = { requests: 1, rows } } = answer
    const request = { rows, ran, bindMs, totalMs, at: to.clock.now() }
    to.tallyOf(answer.version).succeeded(request)
    return answer
  } catch (failure) {
    to.tallyOf(call.version).failed(performance.now() - startedAt)
    throw failure
  }
}
