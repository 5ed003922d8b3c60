import type { CustomMetricDeclaration } from '@kaizen/contracts'
import { durationMs } from '@kaizen/contracts'
import type { NamedFigure, WireColumn } from '@kaizen/sdk/metric-run'
import type { Bundle } from '../../pipelines/index.ts'
import type { TableColumn } from '../../storage/index.ts'
import { segmentsOf } from '../groups.ts'
import type { LoggedPredictions, ReferenceProfile, Statistic, TimeSpan } from '../model.ts'
import { membershipsOf } from '../sources/prediction-buckets.ts'
import { lacking, statisticOf } from '../statistic.ts'
import type { MetricRunner, MetricTask } from './metric-process.ts'

export interface CustomInput {
  readonly monitor: string
  readonly span: TimeSpan
  readonly metrics: readonly CustomMetricDeclaration[]
  /** The files that the metrics run from; null where the declaration came without. */
  readonly bundle: Bundle | null
  readonly rows: LoggedPredictions
  readonly profile: ReferenceProfile | null
}

export interface CustomValues {
  readonly statistics: readonly Statistic[]
  /** Values on the reference, as the functions told them, by metric. */
  readonly references: Readonly<Record<string, number>>
}

/** All rows, or a segment of them. */
interface Part {
  readonly segment: string | null
  readonly rows: Int32Array | null
  readonly count: number
}

/** The project's own metrics over the rows of a window. One that fails is a value that is missing, with its reason. */
export async function customValues(
  runner: MetricRunner | undefined,
  input: CustomInput,
): Promise<CustomValues> {
  const statistics: Statistic[] = []
  const references: Record<string, number> = {}
  if (input.metrics.length === 0) return { statistics, references }
  const columns = wireColumnsOf(input.rows)
  for (const metric of input.metrics) {
    const { counted, lack } = partsOf(metric, input.rows)
    statistics.push(...lack)
    if (counted.length === 0) continue
    const figures = await computed(runner, input, { metric, parts: counted, columns })
    for (const { name, part, figure } of figures) {
      statistics.push(judged(metric, name, { part, figure }))
      if (typeof figure === 'object' && figure.reference !== undefined)
        references[name] = figure.reference
    }
  }
  return { statistics, references }
}

interface Named {
  readonly name: string
  readonly part: Part
  /** A text says why there is none. */
  readonly figure: NamedFigure | string
}

async function computed(
  runner: MetricRunner | undefined,
  input: CustomInput,
  given: {
    readonly metric: CustomMetricDeclaration
    readonly parts: readonly Part[]
    readonly columns: MetricTask['columns']
  },
): Promise<readonly Named[]> {
  const { metric, parts, columns } = given
  const failed = (part: Part, reason: string): Named => ({
    name: nameOf(metric, null, part),
    part,
    figure: `the metric failed: ${reason}`,
  })
  if (!runner || !input.bundle)
    return parts.map((part) => failed(part, 'its code has not come with the declaration'))
  const { profile } = input
  const said = await runner.run({
    bundle: input.bundle,
    columns,
    timeoutMs: durationMs(metric.timeout),
    run: {
      module: metric.module,
      export: metric.export,
      parts: parts.map(({ segment, rows }) => ({ segment, rows })),
      window: {
        monitor: input.monitor,
        ...input.span,
        reference: profile && { rows: profile.rows, columns: profile.columns },
      },
    },
  })
  if ('failure' in said) return parts.map((part) => failed(part, said.failure))
  return parts.flatMap((part, index) => {
    const answer = said[index]
    if (!answer) return [failed(part, 'it was not answered')]
    if ('failure' in answer) return [failed(part, answer.failure)]
    return answer.figures.map((figure) => ({
      name: nameOf(metric, figure.key, part),
      part,
      figure,
    }))
  })
}

/** `custom:<name>`, `custom:<name>:<key>`, and within a segment `…@<column>=<value>`. */
const nameOf = ({ name }: CustomMetricDeclaration, key: string | null, { segment }: Part): string =>
  `custom:${name}${key === null ? '' : `:${key}`}${segment === null ? '' : `@${segment}`}`

function judged(
  metric: CustomMetricDeclaration,
  name: string,
  { part, figure }: Pick<Named, 'part' | 'figure'>,
): Statistic {
  const known = { metric: name, method: 'custom', rows: part.count }
  if (typeof figure === 'string') return statisticOf({ ...known, value: null, note: figure })
  const threshold = figure.above ?? metric.above
  const lower = figure.below ?? metric.below
  return statisticOf({
    ...known,
    value: figure.value,
    note: figure.note ?? (figure.value === null ? 'the function answered no value' : null),
    ...(threshold !== undefined && { threshold }),
    ...(lower !== undefined && { lower }),
    ...(figure.band && { band: figure.band }),
  })
}

/** The parts that have rows enough, and what is said of the others. */
function partsOf(
  metric: CustomMetricDeclaration,
  rows: LoggedPredictions,
): { readonly counted: readonly Part[]; readonly lack: readonly Statistic[] } {
  const { minRows, labels, segments } = metric
  const counts = (row: number): boolean => !labels || rows.actual[row] !== null
  const all = Array.from(rows.at.keys())
  const parts: Part[] = [{ segment: null, rows: null, count: all.filter(counts).length }]
  for (const column of segments) {
    for (const found of segmentsOf(column, membershipsOf(rows, column)))
      parts.push({
        segment: found.name,
        rows: Int32Array.from(found.rows),
        count: found.rows.filter(counts).length,
      })
  }
  const of = labels ? 'labelled rows' : 'rows'
  const [counted, few] = [
    parts.filter(({ count }) => count >= minRows),
    parts.filter(({ count }) => count < minRows),
  ]
  return {
    counted,
    lack: few.map((part) =>
      lacking(
        { metric: nameOf(metric, null, part), method: 'custom', rows: part.count },
        { have: part.count, need: minRows, of },
      ),
    ),
  }
}

function wireColumnsOf(rows: LoggedPredictions): MetricTask['columns'] {
  const table = (side: 'inputs' | 'outputs') =>
    rows[side].columns.map((column) => ({ side, column: wireColumn(column) }))
  const log = (name: string, values: TableColumn['values'] | readonly unknown[]) => ({
    side: 'log' as const,
    column: wireColumn({ name, values }),
  })
  return [
    ...table('inputs'),
    ...table('outputs'),
    log('at', rows.at),
    log('actual', rows.actual),
    log('latencyMs', rows.latencyMs),
    log('error', rows.error),
  ]
}

function wireColumn({
  name,
  values,
}: {
  readonly name: string
  readonly values: Float64Array | readonly unknown[]
}): WireColumn {
  // A column without a value has no numbers either; its cells are null both ways.
  if (values instanceof Float64Array) return { name, numbers: values }
  const known = new Map<unknown, number>()
  const codes = new Int32Array(values.length)
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? null
    let code = known.get(value)
    if (code === undefined) {
      code = known.size
      known.set(value, code)
    }
    codes[row] = code
  }
  return { name, codes, values: [...known.keys()] }
}
