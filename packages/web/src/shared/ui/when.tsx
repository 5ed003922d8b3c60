import { formatAge, formatInstant } from '../format/time.ts'
import { useServerNow } from './server-clock.ts'

/** A time as its age, with the instant and zone behind it; `full` shows both. */
export function When({
  at,
  full = false,
}: {
  readonly at: number | null | undefined
  readonly full?: boolean
}) {
  const now = useServerNow()
  if (at === null || at === undefined) return <span className="faint">–</span>
  const instant = formatInstant(at)
  return (
    <time dateTime={new Date(at).toISOString()} title={instant} className="nowrap">
      {full ? `${instant} · ${formatAge(at, now)}` : formatAge(at, now)}
    </time>
  )
}
