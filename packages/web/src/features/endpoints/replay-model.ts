import type { ReplayView } from '@kaizen/contracts'
import { formatNumber, formatShare } from '../../shared/format/number.ts'

export const rewardChoices = ['none', 'correct', 'absolute_error'] as const

export interface ReplayWishes {
  readonly model: string
  /** As it was typed. */
  readonly limit: string
  readonly reward: (typeof rewardChoices)[number]
}

export const limitProblem = (text: string): string | null =>
  /^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= 100_000
    ? null
    : 'a whole number from 1 to 100,000'

/** What a replay says in a few words; nothing where nothing could be compared. */
export function replayVerdict(view: ReplayView): string {
  if (view.answered === 0) return 'it could answer none of them'
  const { loggedReward, candidateReward } = view
  if (loggedReward !== null && candidateReward !== null) {
    if (candidateReward === loggedReward) return 'as good as what was answered'
    return candidateReward > loggedReward
      ? 'better than what was answered'
      : 'worse than what was answered'
  }
  return `${formatShare(view.same / view.answered)} the same`
}

/** An answer as people read it; a missing one is a gap. */
export function answerWords(value: string | number | boolean | null): string {
  if (value === null) return '–'
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

export const replayCommand = (endpoint: string, { model, limit, reward }: ReplayWishes): string =>
  `kaizen endpoints replay ${endpoint} --model ${model} --limit ${limit}${reward === 'none' ? '' : ` --reward ${reward}`}`
