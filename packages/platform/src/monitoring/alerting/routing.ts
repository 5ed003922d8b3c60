import { durationMs } from '@kaizen/contracts'
import { fits } from '../thresholds.ts'
import type { ChannelRecord, Severity, SilenceRecord, Told } from './model.ts'

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Whether a channel wants to hear of something. */
export const isFor = (
  channel: Pick<ChannelRecord, 'monitors' | 'rules' | 'minSeverity' | 'events'>,
  told: Told,
): boolean =>
  fits(channel.monitors, told.monitor) &&
  fits(channel.rules, told.rule) &&
  rank[told.severity] >= rank[channel.minSeverity] &&
  channel.events.includes(told.event)

/** Whether a silence holds at a time; a repeated one holds again after each of its periods. */
export function holds(
  silence: Pick<SilenceRecord, 'from' | 'to' | 'repeat'>,
  now: number,
): boolean {
  if (now < silence.from) return false
  const periodMs = silence.repeat === null ? 0 : durationMs(silence.repeat)
  const since = periodMs > 0 ? (now - silence.from) % periodMs : now - silence.from
  return since < silence.to - silence.from
}

/** The silence that keeps an alert from being told, if there is one. */
export const silencedBy = (
  silences: readonly SilenceRecord[],
  told: Pick<Told, 'monitor' | 'rule'>,
  now: number,
): SilenceRecord | undefined =>
  silences.find(
    (silence) =>
      fits(silence.monitors, told.monitor) && fits(silence.rules, told.rule) && holds(silence, now),
  )
