/** What is read of the MLflow REST answers; 64-bit numbers come as numbers or as text, empty lists may be left out. */
export interface Experiment {
  readonly id: string
  readonly name: string
  readonly createdAt: number | null
  readonly updatedAt: number | null
  readonly tags: ReadonlyMap<string, string>
}

export interface Run {
  readonly id: string
  readonly name: string
  readonly experimentId: string
  readonly status: string
  readonly user: string
  readonly startTime: number | null
  readonly endTime: number | null
  readonly artifactUri: string
  readonly metrics: ReadonlyMap<string, number>
  readonly params: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
}

export interface MetricPoint {
  readonly value: number
  readonly step: number
  readonly timestamp: number
}

export interface Artifact {
  readonly path: string
  readonly isFolder: boolean
  readonly sizeBytes: number | null
}

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null => {
  if (value === undefined || value === null || value === '') return null
  const parsed = Number(value)
  return Number.isNaN(parsed) && value !== 'NaN' ? null : parsed
}

export const readExperiment = (value: unknown): Experiment => {
  const experiment = fields(value)
  return {
    id: text(experiment['experiment_id']),
    name: text(experiment['name']),
    createdAt: number(experiment['creation_time']),
    updatedAt: number(experiment['last_update_time']),
    tags: new Map(list(experiment['tags']).map((tag) => [text(tag['key']), text(tag['value'])])),
  }
}
export const readExperiments = (answer: unknown): readonly Experiment[] =>
  list(fields(answer)['experiments']).map(readExperiment)

export function readRun(value: unknown): Run {
  const run = fields(value)
  const info = fields(run['info'])
  const data = fields(run['data'])
  const id = text(info['run_id']) || text(info['run_uuid'])
  return {
    id,
    name: text(info['run_name']) || id.slice(0, 8),
    experimentId: text(info['experiment_id']),
    status: text(info['status']),
    user: text(info['user_id']),
    startTime: number(info['start_time']),
    // A run without an end is written as 0.
    endTime: number(info['end_time']) || null,
    artifactUri: text(info['artifact_uri']),
    metrics: new Map(
      list(data['metrics']).map((metric) => [
        text(metric['key']),
        number(metric['value']) ?? Number.NaN,
      ]),
    ),
    params: new Map(
      list(data['params']).map((param) => [text(param['key']), text(param['value'])]),
    ),
    tags: new Map(list(data['tags']).map((tag) => [text(tag['key']), text(tag['value'])])),
  }
}

export interface RunPage {
  readonly runs: readonly Run[]
  readonly nextPageToken: string | null
}
export const readRunPage = (answer: unknown): RunPage => ({
  runs: list(fields(answer)['runs']).map(readRun),
  nextPageToken: text(fields(answer)['next_page_token']) || null,
})

const readPoint = (point: Fields): MetricPoint => ({
  value: number(point['value']) ?? Number.NaN,
  step: number(point['step']) ?? 0,
  timestamp: number(point['timestamp']) ?? 0,
})

/** The points of one metric by run. */
export function readSampled(answer: unknown): ReadonlyMap<string, readonly MetricPoint[]> {
  const curves = new Map<string, MetricPoint[]>()
  for (const point of list(fields(answer)['metrics'])) {
    const runId = text(point['run_id'])
    const curve = curves.get(runId)
    if (curve) curve.push(readPoint(point))
    else curves.set(runId, [readPoint(point)])
  }
  return curves
}

export const readArtifacts = (answer: unknown): readonly Artifact[] =>
  list(fields(answer)['files']).map((file) => ({
    path: text(file['path']),
    isFolder: file['is_dir'] === true,
    sizeBytes: number(file['file_size']),
  }))
