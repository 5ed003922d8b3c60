import { correctTests } from '@kaizen/ml/drift'
import { describeInsufficient } from '@kaizen/ml/outcome'
import type { Table, TableColumn } from '../../storage/index.ts'
import { segmentsOf } from '../groups.ts'
import type { MonitorDeclaration, ReferenceColumn, ReferenceProfile, Statistic } from '../model.ts'
import { membershipsOf } from '../sources/prediction-buckets.ts'
import { lacking, short, statisticOf } from '../statistic.ts'
import { currentOf, pairOf } from './compared-column.ts'
import { gapOf } from './gap.ts'
import { rowsOf } from './segment-reference.ts'

type Declared = NonNullable<MonitorDeclaration['segmentDrift']>

export interface SegmentDriftInput {
  readonly reference: ReferenceProfile
  readonly inputs: Table
  /** What was answered, row by row; missing where nothing was. */
  readonly prediction: TableColumn | null
  readonly declared: Declared
  /** Columns that cut the rows. */
  readonly segments: readonly string[]
  /** Columns that the monitor watches; all where there are none. */
  readonly columns: readonly string[]
}

/** The part of a reference that a segment is compared with. */
interface Part {
  readonly columns: readonly ReferenceColumn[]
  readonly prediction: ReferenceColumn | null
  /** Why there is nothing to compare with. */
  readonly lack?: string
}

/**
 * Drift of the inputs and of the answers within each segment, as `drift:<column>:gap@<segment>` and
 * `prediction:gap@<segment>`. A gap has drifted where it is large enough and unlikely enough: p-values are corrected over
 * all tests of the window, as a hundred of them find something in any.
 */
export function segmentDrift(input: SegmentDriftInput): readonly Statistic[] {
  const { segments, declared, inputs } = input
  const statistics = segments.flatMap((column) => {
    const values = membershipsOf({ inputs, at: new Float64Array(inputs.rowCount) }, column)
    return segmentsOf(column, values, declared.most).flatMap(({ name, value, rows }) =>
      ofSegment(input, { name, rows, part: partOf(input, column, value) }),
    )
  })
  const corrected = correctedBy(declared, statistics)
  return [...corrected, ...worstOfSegments(corrected)]
}

function partOf({ reference, declared }: SegmentDriftInput, column: string, value: string): Part {
  if (declared.reference === 'whole') return reference
  const nothing = { columns: reference.columns, prediction: reference.prediction }
  const kept = reference.segments?.[column]
  if (!kept)
    return {
      ...nothing,
      lack: `the reference was made before segments of ${column} were compared: promote again, or use reference 'whole'`,
    }
  return (
    kept.find((segment) => segment.value === value) ?? {
      ...nothing,
      lack: `not enough data: 0 of ${declared.minRows} reference rows in the segment`,
    }
  )
}

function ofSegment(
  { inputs, prediction, declared, columns, segments }: SegmentDriftInput,
  segment: { readonly name: string; readonly rows: readonly number[]; readonly part: Part },
): readonly Statistic[] {
  const { name, rows, part } = segment
  const [cutBy] = name.split('=', 1)
  const found = new Map(inputs.columns.map((column) => [column.name, column]))
  const wanted = declared.columns.length > 0 ? declared.columns : columns
  const compared = part.columns.filter(
    (column) =>
      (wanted.length === 0 || wanted.includes(column.name)) &&
      // Within its own segment a column has one value.
      !(column.name === cutBy && segments.includes(column.name)),
  )
  const compare = (subject: string, column: ReferenceColumn, all: TableColumn | undefined) =>
    compareOne(column, {
      metric: `${subject}:gap@${name}`,
      current: currentOf(column, all && rowsOf(all, rows), rows.length),
      minRows: declared.minRows,
      threshold: declared.minGap,
      lack: part.lack,
    })
  return [
    ...compared.map((column) => ({
      ...compare(`drift:${column.name}`, column, found.get(column.name)),
      column: column.name,
    })),
    ...(part.prediction && prediction ? [compare('prediction', part.prediction, prediction)] : []),
  ]
}

function compareOne(
  column: ReferenceColumn,
  given: {
    readonly metric: string
    readonly current: ReturnType<typeof currentOf>
    readonly minRows: number
    readonly threshold: number
    readonly lack: string | undefined
  },
): Statistic {
  const { current, minRows, lack } = given
  const present = current.rows - current.missing - current.mistyped
  const referenceRows = lack === undefined ? column.rows - column.missing : 0
  const figure = {
    metric: given.metric,
    method: column.kind === 'numeric' ? 'ks-gap' : 'variation-gap',
    rows: present,
    referenceRows,
    threshold: given.threshold,
  }
  if (lack !== undefined) return statisticOf({ ...figure, value: null, note: lack })
  if (present < minRows) return lacking(figure, { have: present, need: minRows, of: 'rows' })
  if (referenceRows < minRows)
    return lacking(figure, { have: referenceRows, need: minRows, of: 'reference rows' })
  const gap = gapOf(pairOf(column, current))
  if (gap.status === 'ok') return statisticOf({ ...figure, value: gap.value, pValue: gap.pValue })
  const constant = gap.what === 'distinct values' && gap.have === 1
  return constant
    ? statisticOf({ ...figure, value: 0, pValue: 1, note: 'one and the same value throughout' })
    : statisticOf({ ...figure, value: null, note: describeInsufficient(gap) })
}

/** The same with p-values over all of them together, and the verdicts that follow. */
function correctedBy(declared: Declared, statistics: readonly Statistic[]): readonly Statistic[] {
  const tested = statistics.filter(({ pValue }) => pValue !== null)
  const { adjusted } = correctTests(
    tested.map(({ pValue }) => pValue!),
    declared.correction,
    declared.alpha,
  )
  const byMetric = new Map(tested.map(({ metric }, index) => [metric, adjusted[index]!]))
  return statistics.map((statistic) => {
    const pValue = byMetric.get(statistic.metric)
    if (pValue === undefined) return statistic
    const drifted = statistic.value! >= declared.minGap && pValue <= declared.alpha
    const sure = pValue <= declared.alpha ? '' : ', which chance explains'
    const note =
      statistic.note ??
      (statistic.value! >= declared.minGap
        ? `gap ${short(statistic.value!)}${sure}: p ${short(pValue)} corrected over ${tested.length} tests (${declared.correction})`
        : null)
    return { ...statistic, pValue, drifted, note }
  })
}

const segmentMetric = /^drift:(.+):gap@(.+)$/s

/** Of each segment the column with the largest gap as `drift:any:gap@<segment>`, and of all segments as `…@any`. */
export function worstOfSegments(statistics: readonly Statistic[]): readonly Statistic[] {
  const judged = statistics.flatMap((statistic) => {
    const [, column, segment] = segmentMetric.exec(statistic.metric) ?? []
    return column === undefined || column === 'any' || statistic.value === null
      ? []
      : [{ statistic, segment: segment! }]
  })
  if (judged.length === 0) return []
  const bySegment = Map.groupBy(judged, ({ segment }) => segment)
  const worst = [...bySegment].map(([segment, members]) =>
    worstAs(`drift:any:gap@${segment}`, members, ({ column }) => column ?? ''),
  )
  const where = ({ column, metric }: Statistic): string =>
    `${column} in ${metric.slice(metric.indexOf('@') + 1)}`
  return [...worst, worstAs('drift:any:gap@any', judged, where)]
}

/** Columns that a note names. */
const named = 10

function worstAs(
  metric: string,
  members: readonly { readonly statistic: Statistic }[],
  nameOf: (statistic: Statistic) => string,
): Statistic {
  const all = members.map(({ statistic }) => statistic)
  const drifted = all.filter((one) => one.drifted).sort((a, b) => b.value! - a.value!)
  // What has drifted is worse than a larger gap that chance explains.
  const worst = drifted[0] ?? all.reduce((most, next) => (next.value! > most.value! ? next : most))
  const words = drifted.slice(0, named).map((one) => `${nameOf(one)} (${short(one.value!)})`)
  const more = drifted.length > named ? ` and ${drifted.length - named} more` : ''
  return {
    ...worst,
    metric,
    column: null,
    drifted: drifted.length > 0,
    note: drifted.length > 0 ? `${words.join(', ')}${more}` : null,
  }
}
