import { durationMs, KaizenError } from '@kaizen/contracts'
import type { PolicyDeclaration } from './model.ts'

/** Windows of event time, half open, in milliseconds. */
export interface TrainingWindows {
  readonly trainFrom: number
  readonly trainTo: number
  /** The newest labelled rows: never trained on before the gate has judged by them. */
  readonly holdoutFrom: number
  readonly holdoutTo: number
  readonly refitFrom: number
  readonly refitTo: number
}

export interface WindowInput {
  readonly training: PolicyDeclaration['training']
  /** Event times of the oldest and the newest row. */
  readonly oldest: number
  readonly newest: number
  /** Length of the training window that a manual trigger asked for. */
  readonly lengthMs: number | null
  /** End of the training window of the last promoted candidate. */
  readonly lastTrainedTo: number | null
}

const minuteMs = 60_000

/** Where a candidate is trained and where it is judged; the windows end with the minute of the newest row. */
export function trainingWindows(input: WindowInput): TrainingWindows {
  const { training, oldest, newest, lastTrainedTo } = input
  const holdoutTo = Math.floor(newest / minuteMs) * minuteMs + minuteMs
  const holdoutFrom = holdoutTo - durationMs(training.holdout)
  const startFor = (to: number): number => {
    if (input.lengthMs !== null) return to - input.lengthMs
    switch (training.kind) {
      case 'sliding':
        return to - slidingMs(training.length)
      case 'expanding':
        return oldest
      case 'since-last':
        return lastTrainedTo !== null && lastTrainedTo < to ? lastTrainedTo : oldest
    }
  }
  return {
    trainFrom: Math.max(0, startFor(holdoutFrom)),
    trainTo: holdoutFrom,
    holdoutFrom,
    holdoutTo,
    refitFrom: Math.max(0, startFor(holdoutTo)),
    refitTo: holdoutTo,
  }
}

function slidingMs(length: string | undefined): number {
  if (length !== undefined) return durationMs(length)
  throw new KaizenError('INVALID_MANIFEST', 'a sliding training window needs a length', {
    hint: 'Declare training: sliding("90d", { holdout: "7d" }).',
  })
}
