/** A sealed segment, as the rule sees it. */
export interface SegmentFacts {
  readonly number: number
  readonly path: string
  readonly rows: number
  readonly sizeBytes: number
  /** Last written at, in the system's time. */
  readonly writtenAt: number
}

export interface SegmentRun {
  readonly first: number
  readonly last: number
  readonly paths: readonly string[]
}

/** A segment that is not full waits for others this long, or for so many. */
export const longestWaitMs = 24 * 3_600_000
const mostWaiting = 8

/**
 * The oldest segments that shall become one part: those that together are as large as one may grow, or have waited long.
 * Small ones, as restarts leave them, are put together, so that an endpoint with little traffic has few files.
 */
export function compactableRun(
  segments: readonly SegmentFacts[],
  options: {
    readonly now: number
    readonly all?: boolean
    readonly segmentRows: number
    readonly segmentBytes: number
  },
): SegmentRun | undefined {
  const run: SegmentFacts[] = []
  let [rows, bytes] = [0, 0]
  for (const segment of segments) {
    const previous = run.at(-1)
    if (previous && segment.number !== previous.number + 1) break
    const tooMuch =
      rows + segment.rows > options.segmentRows || bytes + segment.sizeBytes > options.segmentBytes
    if (previous && tooMuch) return runOf(run)
    run.push(segment)
    rows += segment.rows
    bytes += segment.sizeBytes
  }
  const [oldest] = run
  if (!oldest) return undefined
  const isFull = rows >= options.segmentRows || bytes >= options.segmentBytes
  const isDue = run.length >= mostWaiting || options.now - oldest.writtenAt >= longestWaitMs
  return options.all || isFull || isDue || run.length < segments.length ? runOf(run) : undefined
}

const runOf = (run: readonly SegmentFacts[]): SegmentRun => ({
  first: run[0]!.number,
  last: run.at(-1)!.number,
  paths: run.map(({ path }) => path),
})
