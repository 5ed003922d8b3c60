import { KaizenError } from '@kaizen/contracts'
import type { PolicyDeclaration } from './model.ts'
import { nextTime } from './triggers.ts'

/** What the schema of a policy cannot say. @throws INVALID_MANIFEST */
export function checkPolicy({ name, triggers, training }: PolicyDeclaration): void {
  if (training.kind === 'sliding' && training.length === undefined) {
    throw new KaizenError(
      'INVALID_MANIFEST',
      `policy "${name}": a sliding training window needs a length`,
      { hint: 'Declare training: sliding("90d", { holdout: "7d" }).' },
    )
  }
  for (const trigger of triggers) {
    if (trigger.kind !== 'schedule') continue
    try {
      nextTime(trigger, 0)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new KaizenError(
        'INVALID_MANIFEST',
        `policy "${name}": the schedule "${trigger.cron}" in time zone "${trigger.timeZone}" cannot be kept: ${reason}`,
        {
          hint: 'Write five fields such as "0 3 * * 1", and a zone such as "Europe/Berlin".',
          cause,
        },
      )
    }
  }
}
