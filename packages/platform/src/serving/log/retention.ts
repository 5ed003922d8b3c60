import type { PartFile } from './part.ts'

/** How long an endpoint's log is kept. Absent means for good. */
export interface Retention {
  readonly days?: number | undefined
  readonly maxBytes?: number | undefined
  /** Nothing is removed while it stands. */
  readonly hold?: boolean | undefined
}

export const removalReasons = ['age', 'size'] as const
export type RemovalReason = (typeof removalReasons)[number]

export interface Removal {
  readonly file: PartFile
  readonly reason: RemovalReason
}

const dayMs = 86_400_000

/**
 * Files that retention takes away now: those whose every row is older than the days, then the oldest until the rest of
 * the files, and the segments beside them, is no larger than the bytes.
 */
export function removals(
  kept: { readonly files: readonly PartFile[]; readonly segmentBytes: number },
  retention: Retention | undefined,
  now: number,
): readonly Removal[] {
  if (!retention || retention.hold) return []
  const { days, maxBytes } = retention
  const oldestFirst = kept.files.toSorted((a, b) => a.maxAt - b.maxAt)
  let bytes = oldestFirst.reduce((sum, { sizeBytes }) => sum + sizeBytes, kept.segmentBytes)
  const found: Removal[] = []
  for (const file of oldestFirst) {
    const isOld = days !== undefined && file.maxAt < now - days * dayMs
    const isTooMuch = maxBytes !== undefined && bytes > maxBytes
    if (!isOld && !isTooMuch) continue
    found.push({ file, reason: isOld ? 'age' : 'size' })
    bytes -= file.sizeBytes
  }
  return found
}
