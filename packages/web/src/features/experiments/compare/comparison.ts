import { formatNumber } from '../../../shared/format/number.ts'
import { fieldName, type RunField } from '../prepare.ts'
import type { Run } from '../wire.ts'

/** As many runs as one comparison takes, which is also what the server samples curves of in one answer. */
export const mostCompared = 100

/** The runs of an address: each once, in the order given, no more than fit. */
export const readRunIds = (text: string | undefined): readonly string[] =>
  [...new Set((text ?? '').split(',').filter((id) => id !== ''))].slice(0, mostCompared)

/** Puts a run in or out of the chosen ones; null when no more fit. */
export function toggleRun(chosen: readonly string[], id: string): readonly string[] | null {
  if (chosen.includes(id)) return chosen.filter((one) => one !== id)
  return chosen.length < mostCompared ? [...chosen, id] : null
}

export type Kind = 'params' | 'tags' | 'metrics'
export interface ComparedRow {
  readonly key: string
  /** One per run, in their order; null where the run has none. */
  readonly values: readonly (string | null)[]
  readonly differs: boolean
  /** Places of the least and greatest value, for metrics that differ. */
  readonly least: number | null
  readonly greatest: number | null
}

/** Every key of a kind that any of the runs has, in order of name, with the value of each run. */
export function comparedRows(runs: readonly Run[], kind: Kind): readonly ComparedRow[] {
  const keys = new Set(runs.flatMap((run) => [...run[kind].keys()]))
  return [...keys]
    .sort((a, b) => a.localeCompare(b))
    .map((key) => {
      const raw = runs.map((run) => run[kind].get(key) ?? null)
      const differs = raw.some((value) => !Object.is(value, raw[0]))
      const place = (better: (a: number, b: number) => boolean) =>
        kind === 'metrics' && differs ? extreme(raw, better) : null
      return {
        key,
        values: raw.map((value) => (typeof value === 'number' ? formatNumber(value, 6) : value)),
        differs,
        least: place((a, b) => a < b),
        greatest: place((a, b) => a > b),
      }
    })
}

function extreme(
  values: readonly (string | number | null)[],
  better: (a: number, b: number) => boolean,
): number | null {
  let best: number | null = null
  for (const [index, value] of values.entries()) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue
    const now = best === null ? null : values[best]
    if (typeof now !== 'number' || better(value, now)) best = index
  }
  return best
}

export interface Tick {
  readonly at: number
  readonly label: string
}
/** A metric or parameter as an axis from 0 to 1: by size where every value is a number, else one place per word. */
export interface FieldAxis {
  readonly field: RunField
  readonly numeric: boolean
  readonly ticks: readonly Tick[]
  /** The place of each run; null where it has no value that can be placed. */
  readonly places: readonly (number | null)[]
  readonly texts: readonly (string | null)[]
}

const mostWords = 12

export function axisOf(runs: readonly Run[], field: RunField): FieldAxis {
  const key = fieldName(field)
  const metric = field.startsWith('metrics.')
  const raw = runs.map((run) => (metric ? run.metrics.get(key) : run.params.get(key)) ?? null)
  const numbers = raw.map((value) =>
    value === null || String(value).trim() === '' ? null : Number(value),
  )
  const texts = raw.map((value) => (typeof value === 'number' ? formatNumber(value) : value))
  const numeric = metric || numbers.every((value) => value === null || !Number.isNaN(value))
  if (!numeric) return { field, numeric, texts, ...wordScale(texts) }
  return { field, numeric, texts, ...numberScale(numbers) }
}

function numberScale(values: readonly (number | null)[]) {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value))
  if (finite.length === 0) return { ticks: [], places: values.map(() => null) }
  const low = finite.reduce((a, b) => Math.min(a, b))
  const high = finite.reduce((a, b) => Math.max(a, b))
  const width = high - low
  const place = (value: number | null): number | null =>
    value === null || !Number.isFinite(value) ? null : width === 0 ? 0.5 : (value - low) / width
  const marks = width === 0 ? [low] : [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * width)
  return {
    ticks: marks.map((value) => ({ at: place(value) ?? 0, label: formatNumber(value, 3) })),
    places: values.map(place),
  }
}

function wordScale(texts: readonly (string | null)[]) {
  const words = [...new Set(texts.filter((text): text is string => text !== null))].sort((a, b) =>
    a.localeCompare(b, undefined, { numeric: true }),
  )
  const at = (index: number): number => (words.length === 1 ? 0.5 : index / (words.length - 1))
  const every = Math.ceil(words.length / mostWords)
  return {
    ticks: words
      .map((label, index) => ({ at: at(index), label }))
      .filter((_, index) => index % every === 0),
    places: texts.map((text) => (text === null ? null : at(words.indexOf(text)))),
  }
}

/** The axes of the parallel plot at first: a few parameters that differ, then the metric. */
export function axesAtFirst(runs: readonly Run[], metric: string | null): readonly RunField[] {
  const params = comparedRows(runs, 'params').filter((row) => row.differs)
  const fields = params.slice(0, 6).map((row): RunField => `params.${row.key}`)
  return metric === null ? fields : [...fields, `metrics.${metric}`]
}

/** The runs that can be drawn over all axes, as points from axis to axis; a missing value breaks the line. */
export function parallelLines(
  axes: readonly FieldAxis[],
  size: { readonly width: number; readonly height: number },
  count: number,
): readonly string[] {
  const step = axes.length > 1 ? size.width / (axes.length - 1) : 0
  return Array.from({ length: count }, (_, run) => {
    let drawing = false
    return axes
      .map((axis, index) => {
        const place = axis.places[run] ?? null
        const command = place === null ? '' : drawing ? 'L' : 'M'
        drawing = place !== null
        return place === null
          ? ''
          : `${command}${round(index * step)} ${round((1 - place) * size.height)}`
      })
      .join('')
  })
}
const round = (value: number): number => Math.round(value * 10) / 10
