import type { JsonValue, ResponseOf, servingApi, TensorSpec } from '@kaizen/contracts'
import { alignSeries, breakAtGaps, styleOf, type TimeChart } from '../../shared/charts/series.ts'

type Traffic = ResponseOf<typeof servingApi.traffic>
type Point = Traffic['points'][number]

/** Three charts of one answer: requests per bucket, errors, latency; one line per arm. */
export function trafficCharts(traffic: Traffic): {
  readonly requests: TimeChart
  readonly errors: TimeChart
  readonly latency: TimeChart
} {
  // The arm that answered most keeps the first colour, whichever others come and go.
  const requests = new Map<string, number>()
  for (const point of traffic.points) {
    requests.set(point.arm, (requests.get(point.arm) ?? 0) + point.requests)
  }
  const arms = [...requests].sort((a, b) => b[1] - a[1]).map(([arm]) => arm)
  const lines = (pick: (point: Point) => number | null) =>
    arms.map((arm) =>
      breakAtGaps(
        traffic.points
          .filter((point) => point.arm === arm)
          .map((point) => ({ at: point.at, value: pick(point) })),
      ),
    )
  const chart = (pick: (point: Point) => number | null, unit: string): TimeChart => {
    const { times, values } = alignSeries(lines(pick))
    return {
      times,
      unit,
      series: arms.map((arm, index) => ({
        label: arm,
        unit,
        values: values[index] ?? [],
        ...styleOf(index),
      })),
    }
  }
  const p50 = alignSeries([...lines((point) => point.p50), ...lines((point) => point.p99)])
  return {
    requests: chart((point) => point.requests, ''),
    errors: chart((point) => point.errors, ''),
    latency: {
      times: p50.times,
      unit: 'ms',
      series: [
        ...arms.map((arm, index) => ({
          label: `${arm} p50`,
          unit: 'ms',
          values: p50.values[index] ?? [],
          color: index % 8,
          dash: [4, 3],
        })),
        ...arms.map((arm, index) => ({
          label: `${arm} p99`,
          unit: 'ms',
          values: p50.values[arms.length + index] ?? [],
          color: index % 8,
        })),
      ],
    },
  }
}

export interface FormField {
  readonly name: string
  readonly datatype: string
  readonly text: string
}

/** A form field per input tensor, filled with the newest logged values. */
export const formFields = (
  inputs: readonly TensorSpec[],
  latest: Readonly<Record<string, JsonValue>> | undefined,
): readonly FormField[] =>
  inputs.map((input) => {
    const value = latest?.[input.name]
    return {
      name: input.name,
      datatype: input.datatype,
      text: value === undefined || value === null ? '' : String(value),
    }
  })

export type FormProblem = { readonly name: string; readonly problem: string }

/** The body of an inference request from what was typed, or what is wrong with it. */
export function inferenceBody(
  fields: readonly FormField[],
):
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly problems: readonly FormProblem[] } {
  const problems: FormProblem[] = []
  const inputs = fields.map((field) => {
    const value = readValue(field)
    if (value === undefined)
      problems.push({ name: field.name, problem: `expected ${typeWords(field.datatype)}` })
    return { name: field.name, datatype: field.datatype, shape: [1, 1], data: [value] }
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, body: { inputs } }
}

function readValue({ datatype, text }: FormField): string | number | boolean | undefined {
  if (datatype === 'BYTES') return text
  if (datatype === 'BOOL') return text === 'true' ? true : text === 'false' ? false : undefined
  if (text.trim() === '') return undefined
  const number = Number(text)
  if (!Number.isFinite(number)) return undefined
  return datatype.startsWith('FP') || Number.isInteger(number) ? number : undefined
}

const typeWords = (datatype: string): string =>
  datatype === 'BOOL' ? 'true or false' : datatype.startsWith('FP') ? 'a number' : 'a whole number'

export interface RouteChange {
  readonly arms: readonly {
    readonly name: string
    readonly model: string
    readonly weight: number | null
    readonly mode: string
  }[]
  readonly reason: string
}

/** The arms after a route change and why, from its audit event. */
export function routeChange(data: Readonly<Record<string, JsonValue>>): RouteChange {
  const after = asObject(data['after'])
  const list = after['arms'] ?? data['arms'] ?? data['after']
  const arms = Array.isArray(list) ? list.map(asObject) : []
  return {
    reason:
      typeof data['reason'] === 'string' && data['reason'] !== ''
        ? data['reason']
        : 'no reason given',
    arms: arms.map((arm) => ({
      name: String(arm['name'] ?? 'arm'),
      model: String(arm['model'] ?? ''),
      weight: typeof arm['weight'] === 'number' ? arm['weight'] : null,
      mode: arm['mode'] === 'shadow' ? 'shadow' : 'live',
    })),
  }
}

const asObject = (value: JsonValue | undefined): { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })
    : {}
