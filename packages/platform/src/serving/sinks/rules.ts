/** What an answer says about the events of a message: taken, never to be taken as they are, or to be sent again. */
export type Verdict = 'taken' | 'refused' | 'again'

/**
 * Only what says that the message itself is wrong is refused for good; a login that ended or an address that moved is
 * mended by people, so the events wait.
 */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'taken'
  return status === 400 || status === 413 || status === 422 ? 'refused' : 'again'
}

const firstPauseMs = 1000
const longestPauseMs = 60_000
/** A receiver may ask for more patience than a sink has by itself, up to this. */
const mostAskedMs = 600_000

/** How long to wait after so many failures in a row, or as the receiver asks. */
export function pauseAfter(failures: number, askedMs: number | undefined): number {
  const own = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, failures - 1))
  return askedMs === undefined ? own : Math.max(own, Math.min(askedMs, mostAskedMs))
}

/** Seconds or a date of HTTP, as milliseconds from `now`. */
export function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
