import type {
  CustomMetric,
  MetricFigure,
  MetricResult,
  MetricRow,
  MetricWindow,
} from './custom-metric.ts'

/** A column on its way between processes: numbers, NaN where one is missing, or distinct values and their numbers. */
export type WireColumn =
  | { readonly name: string; readonly numbers: Float64Array }
  | { readonly name: string; readonly codes: Int32Array; readonly values: readonly unknown[] }

export type WireSide = 'inputs' | 'outputs' | 'log'

/** What the process of custom metrics is told. */
export type MetricRequest =
  | { readonly kind: 'column'; readonly side: WireSide; readonly column: WireColumn }
  | {
      readonly kind: 'run'
      readonly id: number
      readonly module: string
      readonly export: string
      readonly window: Omit<MetricWindow, 'rows' | 'segment'>
      /** Rows of each part that gets values of its own; null for all. */
      readonly parts: readonly {
        readonly segment: string | null
        readonly rows: Int32Array | null
      }[]
    }

/** A value by the name that the function gave it; no key for a single number. */
export interface NamedFigure extends MetricFigure {
  readonly key: string | null
}

export type PartAnswer = { readonly figures: readonly NamedFigure[] } | { readonly failure: string }

/** What it answers: for each part its figures, or why there are none. */
export type MetricAnswer =
  | {
      readonly id: number
      readonly parts: readonly PartAnswer[]
    }
  | { readonly id: number; readonly failure: string }

const keyLimit = 100
const textLimit = 1000

/** What a function answered as figures. @throws for anything else than numbers by name */
export function figuresOf(result: MetricResult): readonly NamedFigure[] {
  if (result === null || typeof result === 'number') return [checked(null, { value: result })]
  if (typeof result !== 'object' || Array.isArray(result))
    throw new TypeError(`answered ${typeof result}: answer a number or a record of numbers`)
  const entries = Object.entries(result)
  if (entries.length === 0) throw new TypeError('answered a record without a number')
  if (entries.length > keyLimit)
    throw new TypeError(`answered ${entries.length} numbers; the limit is ${keyLimit}`)
  return entries.map(([key, value]) => {
    if (!/^[\w.-]{1,100}$/.test(key))
      throw new TypeError(
        `answered ${JSON.stringify(key.slice(0, 100))}: use letters, digits, ".", "_" and "-" as names`,
      )
    return checked(key, typeof value === 'object' && value !== null ? value : { value })
  })
}

function checked(key: string | null, given: MetricFigure): NamedFigure {
  const { value, above, below, band, reference, note } = given
  const where = key === null ? 'its value' : `"${key}"`
  if (value !== null && typeof value !== 'number')
    throw new TypeError(
      `answered ${value === undefined ? 'nothing' : `a ${typeof value}`} as ${where}: answer a number`,
    )
  for (const [name, one] of Object.entries({ above, below, reference })) {
    if (one !== undefined && !Number.isFinite(one))
      throw new TypeError(`answered a ${name} of ${where} that is no number`)
  }
  if (band && !(Array.isArray(band) && band.length === 2 && band.every(Number.isFinite)))
    throw new TypeError(`answered a band of ${where} that is no pair of numbers`)
  return {
    key,
    value,
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
    ...(band && { band: [band[0], band[1]] }),
    ...(reference !== undefined && { reference }),
    ...(note !== undefined && { note: String(note).slice(0, textLimit) }),
  }
}

/** Computes a metric over the parts of a window; a part that fails says why, and the others stand. */
export async function runMetric(
  metric: Pick<CustomMetric, 'run'>,
  request: Extract<MetricRequest, { kind: 'run' }>,
  columns: Readonly<Record<WireSide, readonly WireColumn[]>>,
): Promise<MetricAnswer> {
  const all = rowsOf(columns)
  const parts: PartAnswer[] = []
  for (const { segment, rows } of request.parts) {
    const chosen = rows ? Array.from(rows, (row) => all[row]!) : all
    try {
      const result = await metric.run({ ...request.window, segment, rows: chosen })
      parts.push({ figures: figuresOf(result) })
    } catch (failure) {
      parts.push({ failure: reasonOf(failure) })
    }
  }
  return { id: request.id, parts }
}

export const reasonOf = (failure: unknown): string =>
  (failure instanceof Error ? failure.message : String(failure)).slice(0, textLimit)

function rowsOf({
  inputs,
  outputs,
  log,
}: Readonly<Record<WireSide, readonly WireColumn[]>>): readonly MetricRow[] {
  const of = (name: string) => cellOf(log.find((column) => column.name === name))
  const [at, actual, latencyMs, error] = [of('at'), of('actual'), of('latencyMs'), of('error')]
  const input = inputs.map((column) => [column.name, cellOf(column)] as const)
  const output = outputs.map((column) => [column.name, cellOf(column)] as const)
  const record = (cells: typeof input, row: number): MetricRow['inputs'] => {
    const made: Record<string, MetricRow['actual']> = {}
    for (const [name, cell] of cells) made[name] = cell(row)
    return made
  }
  const times = log.find(({ name }) => name === 'at')
  const count = times && 'numbers' in times ? times.numbers.length : 0
  return Array.from({ length: count }, (_, row) => ({
    at: at(row) as number,
    inputs: record(input, row),
    outputs: record(output, row),
    actual: actual(row),
    latencyMs: latencyMs(row) as number | null,
    error: error(row) as string | null,
  }))
}

function cellOf(column: WireColumn | undefined): (row: number) => MetricRow['actual'] {
  if (!column) return () => null
  if ('numbers' in column) {
    const { numbers } = column
    return (row) => (Number.isNaN(numbers[row]!) ? null : numbers[row]!)
  }
  const { codes, values } = column
  return (row) => (values[codes[row]!] ?? null) as MetricRow['actual']
}
