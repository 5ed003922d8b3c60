import type { ColumnProfile, DatasetVersion, RowRule } from '@kaizen/contracts'
import { formatCount, formatPlain, formatShare } from '../../shared/format/number.ts'

/** A rule in words: `temp is between 0 and 1`. */
export function ruleWords(rule: RowRule): string {
  const parts: string[] = []
  if (rule.notNull) parts.push('is present')
  if (rule.min !== undefined && rule.max !== undefined) {
    parts.push(`is between ${formatPlain(rule.min)} and ${formatPlain(rule.max)}`)
  } else if (rule.min !== undefined) parts.push(`is at least ${formatPlain(rule.min)}`)
  else if (rule.max !== undefined) parts.push(`is at most ${formatPlain(rule.max)}`)
  if (rule.oneOf) parts.push(`is one of ${rule.oneOf.join(', ')}`)
  return `${rule.column} ${parts.join(' and ') || 'has no condition'}`
}

export interface ProfileCard {
  readonly name: string
  readonly type: string
  readonly missing: string | null
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  readonly histogram: ColumnProfile['histogram']
  readonly top: readonly {
    readonly value: string
    readonly count: number
    readonly share: number
  }[]
}

/** What is said about a column: a histogram for numbers, the commonest values for the rest. */
export function profileCard(profile: ColumnProfile): ProfileCard {
  const rows = profile.count
  const numeric = profile.mean !== null
  const median = profile.quantiles?.[3]
  return {
    name: profile.name,
    type: profile.type,
    missing:
      profile.missing > 0
        ? `${formatCount(profile.missing)} missing (${formatShare(rows === 0 ? null : profile.missing / rows)})`
        : null,
    facts: numeric
      ? [
          { label: 'mean', value: formatPlain(profile.mean) },
          { label: 'sd', value: formatPlain(profile.standardDeviation) },
          { label: 'median', value: formatPlain(median) },
        ]
      : [
          { label: 'distinct', value: formatCount(profile.distinct) },
          { label: 'from', value: String(profile.min ?? '–') },
          { label: 'to', value: String(profile.max ?? '–') },
        ],
    histogram: profile.histogram,
    top: profile.histogram
      ? []
      : profile.topValues
          .slice(0, 5)
          .map((entry) => ({ ...entry, share: rows === 0 ? 0 : entry.count / rows })),
  }
}

/** Where a version came from, in a few words. */
export function originWords(origin: DatasetVersion['origin']): string {
  const { file, fileName, endpoint } = origin
  if (typeof endpoint === 'string') return `labelled predictions of ${endpoint}`
  if (typeof fileName === 'string') return `file ${fileName}`
  if (typeof file === 'string') return `file ${file}`
  const first = Object.entries(origin)[0]
  return first
    ? `${first[0]}: ${typeof first[1] === 'string' ? first[1] : JSON.stringify(first[1])}`
    : 'unknown'
}
