import { KaizenError, type NewBatchSchedule } from '@kaizen/contracts'
import { Cron } from 'croner'

type Times = Pick<NewBatchSchedule, 'cron' | 'timeZone'>

/** The first time of a schedule after another; null where there is none. @throws INVALID_REQUEST */
export function nextTime({ cron, timeZone }: Times, since: number): number | null {
  try {
    const times = new Cron(cron, { timezone: timeZone, paused: true })
    return times.nextRun(new Date(since))?.getTime() ?? null
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure)
    throw new KaizenError('INVALID_REQUEST', `cron "${cron}" in "${timeZone}": ${why}`, {
      hint: 'Write for example "0 7 * * 1" and "Europe/Berlin".',
    })
  }
}

/** A time that is noticed later than this was missed: no server ran. */
const latenessMs = 60_000

export type DueDecision =
  | { readonly kind: 'start'; readonly replaces: boolean }
  | { readonly kind: 'skip'; readonly reason: string }

/** What a time that has come does. */
export function decideDue(
  { missed, overlap }: Pick<NewBatchSchedule, 'missed' | 'overlap'>,
  {
    due,
    now,
    running,
  }: { readonly due: number; readonly now: number; readonly running: string | null },
): DueDecision {
  if (missed === 'skip' && now - due > latenessMs) {
    return { kind: 'skip', reason: 'no server ran at that time' }
  }
  if (running !== null && overlap === 'skip') {
    return { kind: 'skip', reason: `the job before, ${running}, was not at its end` }
  }
  return { kind: 'start', replaces: running !== null && overlap === 'replace' }
}
