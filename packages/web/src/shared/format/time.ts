import { missing } from './number.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const two = (value: number): string => String(value).padStart(2, '0')

/** `2012-05-01 13:00 UTC`; seconds where they say something. */
export function formatInstant(at: number | null | undefined): string {
  if (at === null || at === undefined) return missing
  const date = new Date(at)
  const seconds = date.getUTCSeconds() === 0 ? '' : `:${two(date.getUTCSeconds())}`
  return `${formatDay(at)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${seconds} UTC`
}

/** `2012-05-01`, the day in UTC. */
export function formatDay(at: number | null | undefined): string {
  return at === null || at === undefined ? missing : new Date(at).toISOString().slice(0, 10)
}

/** `13:00:05.123`, the time of day in UTC. */
export const formatClock = (at: number): string => new Date(at).toISOString().slice(11, 23)

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A time under an axis whose ticks are `step` milliseconds apart; UTC. */
export function formatTick(at: number, step: number): string {
  const date = new Date(at)
  const month = months[date.getUTCMonth()] ?? ''
  if (step >= 360 * day) return String(date.getUTCFullYear())
  if (step >= 28 * day) return `${month} ${date.getUTCFullYear()}`
  if (step >= day || at % day === 0) return `${date.getUTCDate()} ${month}`
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${step < minute ? `:${two(date.getUTCSeconds())}` : ''}`
}

/** `3 min ago`, `in 2 h`; days up to two months, then the month. */
export function formatAge(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return missing
  const distance = Math.abs(now - at)
  if (distance < 5000) return 'now'
  const amount =
    distance < minute
      ? `${Math.floor(distance / 1000)} s`
      : distance < hour
        ? `${Math.floor(distance / minute)} min`
        : distance < 2 * day
          ? `${Math.floor(distance / hour)} h`
          : distance < 60 * day
            ? `${Math.floor(distance / day)} d`
            : distance < 730 * day
              ? `${Math.floor(distance / (30.44 * day))} mo`
              : `${Math.floor(distance / (365.25 * day))} y`
  return at > now ? `in ${amount}` : `${amount} ago`
}

/** `2012-02-01 → 2012-05-01 (90 d)` of a half-open span. */
export function formatSpan(from: number | null, to: number | null): string {
  if (from === null && to === null) return missing
  const length = from === null || to === null ? '' : ` (${spanLength(to - from)})`
  const whole = (at: number | null) => at === null || at % day === 0
  const format = whole(from) && whole(to) ? formatDay : formatInstant
  return `${format(from)} → ${format(to)}${length}`
}

const spanLength = (ms: number): string =>
  ms >= day ? `${Number((ms / day).toFixed(1))} d` : `${Number((ms / hour).toFixed(1))} h`
