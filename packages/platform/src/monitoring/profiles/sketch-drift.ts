import type { RowProfile } from '@kaizen/ml/profile'
import { kolmogorovSurvival } from '@kaizen/ml/special'
import { schemaChecks } from '../checks.ts'
import {
  comparedAnswers,
  comparedColumns,
  type DriftReport,
  joined,
  worstOf,
} from '../drift/drift.ts'
import type {
  MonitorDeclaration,
  NewWindow,
  ReferenceColumn,
  ReferenceProfile,
  Statistic,
  TimeSpan,
} from '../model.ts'
import { statisticOf } from '../statistic.ts'
import { type SketchedColumn, sketchedColumn } from './profile-columns.ts'

/** The profiles that lie in a window, made one. */
export interface MergedProfiles {
  readonly profile: RowProfile
  readonly count: number
  /** Profiles that reach over an end of the window, and are in none. */
  readonly beyond: number
}

export interface SketchInput {
  readonly span: TimeSpan
  readonly declaration: Pick<MonitorDeclaration, 'drift' | 'columns'>
  readonly merged: MergedProfiles
  /** Null while there is no reference: then nothing is said of drift. */
  readonly reference: ReferenceProfile | null
}

/**
 * What profiles tell of a window: drift within the error of their sketches, missing, new and mistyped values, schema
 * and volume. What needs rows (influence, outliers, latency, performance) is not there.
 */
export function sketchedWindow({ span, declaration, merged, reference }: SketchInput): NewWindow {
  const { profile, count, beyond } = merged
  const report = reference ? driftOfSketches(reference, profile, declaration) : joined()
  const names = {
    rowCount: profile.rows,
    columns: [...profile.columns.keys()].map((name) => ({ name })),
  }
  return {
    kind: 'drift',
    ...span,
    rows: profile.rows,
    labelled: 0,
    modelVersions: [],
    statistics: [
      ...report.statistics,
      ...(reference ? schemaChecks(reference, names) : []),
      statisticOf({
        metric: 'volume:rows',
        method: 'count',
        value: profile.rows,
        rows: profile.rows,
      }),
      statisticOf({
        metric: 'volume:profiles',
        method: 'count',
        value: count,
        rows: profile.rows,
        note: beyond > 0 ? `${beyond} reach over an end of the window and are left out` : null,
      }),
    ],
    distributions: report.distributions,
  }
}

function driftOfSketches(
  reference: ReferenceProfile,
  profile: RowProfile,
  { drift: methods, columns }: SketchInput['declaration'],
): DriftReport {
  const known = new Map<string, SketchedColumn>()
  const currentIn = (column: ReferenceColumn): SketchedColumn => {
    const found = profile.columns.get(column.name)
    const current = inKindOf(column, found && sketchedColumn(found, profile.rows), profile.rows)
    known.set(column.name, current)
    return current
  }
  const compared = comparedColumns(reference, { columns, methods }, currentIn)
  const answer =
    reference.prediction && profile.prediction
      ? inKindOf(
          reference.prediction,
          sketchedColumn(profile.prediction, profile.rows),
          profile.rows,
        )
      : null
  const answered =
    reference.prediction && answer
      ? comparedAnswers('prediction', reference.prediction, { current: answer, methods })
      : joined()
  const errorOf = ({ column }: Statistic): number => {
    const [before, now] =
      column === null
        ? [reference.prediction, answer]
        : [reference.columns.find(({ name }) => name === column), known.get(column)]
    return (now?.error ?? 0) + (before?.kind === 'numeric' ? (before.error ?? 0) : 0)
  }
  const named = (statistics: readonly Statistic[]): readonly Statistic[] =>
    statistics.map((statistic) => sketched(statistic, errorOf(statistic)))
  const ofColumns = named(compared.statistics.filter(({ column }) => column !== null))
  return {
    // The worst column is told by the verdicts of sketches.
    statistics: [...ofColumns, ...worstOf(ofColumns, methods), ...named(answered.statistics)],
    distributions: [...compared.distributions, ...answered.distributions],
  }
}

const driftMetric = /^(drift|prediction):/

/** A statistic of drift named as one of sketches; the largest gap counts only as far as it exceeds their error. */
function sketched(statistic: Statistic, error: number): Statistic {
  if (!driftMetric.test(statistic.metric)) return statistic
  const named = { ...statistic, method: `${statistic.method}-sketch` }
  if (statistic.method !== 'ks' || statistic.value === null || error === 0) return named
  const { referenceRows, currentRows, threshold } = statistic
  const effective = (referenceRows * currentRows) / (referenceRows + currentRows)
  const gap = Math.max(0, statistic.value - error)
  const pValue = gap === 0 ? 1 : kolmogorovSurvival(gap, Math.max(1, Math.round(effective)))
  const drifted = pValue < (threshold ?? 0.05)
  return {
    ...named,
    pValue,
    drifted,
    note: `the gap may be off by ${error}, which is taken off it`,
  }
}

/** A column as the kind of the reference has it. */
function inKindOf(
  column: ReferenceColumn,
  found: SketchedColumn | undefined,
  rows: number,
): SketchedColumn {
  const none = { rows, missing: rows, mistyped: 0, error: 0 }
  if (!found) {
    return column.kind === 'numeric'
      ? { ...none, sorted: new Float64Array(0), counts: null }
      : { ...none, sorted: null, counts: [] }
  }
  if (column.kind === 'numeric' && !found.sorted) {
    const mistyped = rows - found.missing
    return { ...found, mistyped, sorted: new Float64Array(0), counts: null }
  }
  if (column.kind === 'categorical' && found.sorted) {
    const counts = new Map<string, number>()
    const present = rows - found.missing - found.mistyped
    const weight = present / Math.max(1, found.sorted.length)
    for (const value of found.sorted)
      counts.set(String(value), (counts.get(String(value)) ?? 0) + weight)
    return { ...found, sorted: null, counts: [...counts] }
  }
  return found
}
