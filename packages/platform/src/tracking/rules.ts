import { posix } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { AttributedMetric, KeyValue, MetricPoint } from './model.ts'

/** Limits of the MLflow protocol, in characters and in entries of one call. */
export const limits = {
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSchema: 1_048_575,
  datasetSource: 65_535,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entriesPerBatch: 1000,
  datasetsPerCall: 1000,
  experimentsPerSearch: 10_000,
  /** The tag that collects the descriptions of models may be long. */
  noteOfModels: 1_000_000,
} as const

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** The protocol's wording for a field that cannot be used. */
export const invalidValue = (parameter: string, value: unknown, why?: string): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `Invalid value ${shown(value)} for parameter '${parameter}' supplied${why ? `: ${why}` : '.'}`,
  )

export const missingValue = (parameter: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `Missing value for required parameter '${parameter}'.`)

/** @throws INVALID_REQUEST when `value` has more than `limit` characters. */
export function checkLength(parameter: string, value: string, limit: number): void {
  if (value.length > limit) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `'${parameter}' exceeds the maximum length of ${limit} characters`,
    )
  }
}

/**
 * Names of metrics, parameters and tags double as relative file paths: letters, digits, `_ - . : /` and space, and
 * nothing that would resolve to another name.
 */
export function checkName(parameter: string, name: string): void {
  if (name === '') throw missingValue(parameter)
  checkLength(parameter, name, limits.key)
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(name)) {
    throw invalidValue(
      parameter,
      name,
      'names may only hold letters, digits, underscores, dashes, periods, spaces, colons and slashes.',
    )
  }
  const resolved = posix.normalize(name)
  if (resolved !== name || name === '.' || name.startsWith('..') || /^\/|\/$/.test(name)) {
    throw invalidValue(parameter, name, 'read as a path it would resolve to another name.')
  }
}

/** A value as it is stored: infinities become the largest finite numbers. */
export const storedValue = (value: number): number =>
  Number.isNaN(value) ? value : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))

/** @throws INVALID_REQUEST naming the field below `path`. */
export function checkMetric(metric: AttributedMetric, path = ''): void {
  const prefix = path === '' ? '' : `${path}.`
  checkName(`${prefix}key`, metric.key)
  if (!Number.isSafeInteger(metric.timestamp) || metric.timestamp < 0) {
    throw invalidValue(`${prefix}timestamp`, metric.timestamp, 'expected milliseconds since 1970.')
  }
  if (!Number.isSafeInteger(metric.step)) {
    throw invalidValue(`${prefix}step`, metric.step, 'expected an integer of at most 53 bits.')
  }
  if (Boolean(metric.datasetName) !== Boolean(metric.datasetDigest)) {
    const missing = metric.datasetName ? 'dataset_digest' : 'dataset_name'
    throw missingValue(`${prefix}${missing}`)
  }
}

/** A valid parameter; an overlong value is cut. */
export function checkedParam(param: KeyValue, path: string): KeyValue {
  checkName(path, param.key)
  return { key: param.key, value: param.value.slice(0, limits.paramValue) }
}

/** A valid run tag; an overlong value is cut. */
export function checkedTag(tag: KeyValue, path: string): KeyValue {
  checkName(path, tag.key)
  return { key: tag.key, value: tag.value.slice(0, limits.tagValue) }
}

/** @throws INVALID_REQUEST when two parameters of one call share a key. */
export function checkUniqueKeys(params: readonly KeyValue[]): void {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { key } of params) (seen.has(key) ? twice : seen).add(key)
  if (twice.size > 0) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `Duplicate parameter keys have been submitted: ${shown([...twice])}. Send one value for each key.`,
    )
  }
}

/** @throws INVALID_REQUEST when one call logs more than the protocol allows. */
export function checkBatchSize(metrics: number, params: number, tags: number): void {
  const check = (what: string, count: number, limit: number): void => {
    if (count <= limit) return
    throw new KaizenError(
      'INVALID_REQUEST',
      `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Split them across several requests.`,
    )
  }
  check('metrics', metrics, limits.metricsPerBatch)
  check('params', params, limits.paramsPerBatch)
  check('tags', tags, limits.tagsPerBatch)
  check('metrics, params, and tags', metrics + params + tags, limits.entriesPerBatch)
}

/** Whether `a` is shown rather than `b`: the greater by step, then time, then value; a NaN counts as 0. */
export function isNewer(a: MetricPoint, b: MetricPoint): boolean {
  if (a.step !== b.step) return a.step > b.step
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp
  return (Number.isNaN(a.value) ? 0 : a.value) > (Number.isNaN(b.value) ? 0 : b.value)
}

/** The newest point of each key. */
export function newestPoints(points: readonly MetricPoint[]): readonly MetricPoint[] {
  if (points.length < 2) return points
  const newest = new Map<string, MetricPoint>()
  for (const point of points) {
    const known = newest.get(point.key)
    if (!known || isNewer(point, known)) newest.set(point.key, point)
  }
  return [...newest.values()]
}

/** @throws INVALID_REQUEST */
export function checkExperimentName(name: string): void {
  if (name === '') throw new KaizenError('INVALID_REQUEST', "Invalid experiment name: ''")
  checkLength('name', name, limits.experimentName)
}

/** The number inside an experiment id. @throws INVALID_REQUEST */
export function experimentNumber(experimentId: string): number {
  if (!/^-?\d{1,15}$/.test(experimentId)) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `Invalid experiment ID ${shown(experimentId)}. Experiment ID must be a valid integer.`,
    )
  }
  return Number(experimentId)
}

/** Numbers of the experiments of a search, each once. @throws INVALID_REQUEST */
export function experimentNumbers(experimentIds: readonly string[]): readonly number[] {
  checkCount('experiment_ids', experimentIds.length, limits.experimentsPerSearch)
  return [...new Set(experimentIds.map(experimentNumber))]
}

/** @throws INVALID_REQUEST when a list has more than `limit` entries. */
export function checkCount(parameter: string, count: number, limit: number): void {
  if (count <= limit) return
  throw new KaizenError(
    'INVALID_REQUEST',
    `'${parameter}' can hold at most ${limit} entries. Got ${count}.`,
  )
}
