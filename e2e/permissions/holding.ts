import { randomBytes } from 'node:crypto'
import { identityModel } from '../identity-model.ts'
import type { Call, Caller } from './caller.ts'

/** What one owner keeps: one thing of each kind, each with a word that nobody else may read. */
export interface Holding {
  /** Stands in tags, values, descriptions, names of files: in all that is read, and in nothing that is asked by. */
  readonly word: string
  readonly experimentId: string
  readonly experimentName: string
  readonly runId: string
  readonly modelId: string
  readonly modelName: string
  readonly traceId: string
  readonly datasetId: string
  /** All of it as an administrator sees it. */
  readonly state: () => Promise<string>
}

const v2 = '/api/2.0/mlflow'
const v3 = '/api/3.0/mlflow'

/** Makes a holding as an administrator. */
export async function makeHolding(admin: Caller, name: string): Promise<Holding> {
  const word = `${name}-${randomBytes(6).toString('hex')}`
  const tags = [{ key: 'word', value: word }]
  const experimentName = `experiment of ${name}`
  const modelName = `model-of-${name}`
  const post = async (path: string, body: unknown) => (await done(admin, 'POST', path, body)) as Any
  const { experiment_id: experimentId } = await post(`${v2}/experiments/create`, {
    name: experimentName,
    tags,
  })
  const { run } = await post(`${v2}/runs/create`, { experiment_id: experimentId, tags })
  const runId: string = run.info.run_id
  await post(`${v2}/runs/log-batch`, {
    run_id: runId,
    metrics: [{ key: `m/${word}`, value: 1, timestamp: 1 }],
    params: [{ key: 'p', value: word }],
  })
  const { model } = await post(`${v2}/logged-models`, { experiment_id: experimentId, tags })
  const modelId: string = model.info.model_id
  const folder = `/api/2.0/mlflow-artifacts/artifacts/${experimentId}`
  await admin.send({ method: 'PUT', path: `${folder}/${runId}/artifacts/${word}.txt`, raw: word })
  const onnx = Buffer.from(identityModel())
  await admin.send({
    method: 'PUT',
    path: `${folder}/${runId}/artifacts/model/model.onnx`,
    raw: onnx,
  })
  await admin.send({
    method: 'PUT',
    path: `${folder}/models/${modelId}/artifacts/${word}`,
    raw: word,
  })
  await post(`${v2}/registered-models/create`, { name: modelName, tags, description: word })
  await post(`${v2}/model-versions/create`, {
    name: modelName,
    source: `runs:/${runId}/model`,
    run_id: runId,
    tags,
  })
  await post(`${v2}/registered-models/alias`, { name: modelName, alias: 'champion', version: '1' })
  const traceId = `tr-${randomBytes(16).toString('hex')}`
  await post(`${v3}/traces`, {
    trace: {
      trace_info: {
        trace_id: traceId,
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experimentId },
        },
        request_time: '2026-01-01T00:00:00Z',
        execution_duration: '1s',
        state: 'OK',
        request_preview: word,
        tags: { word },
      },
    },
  })
  const { dataset } = await post(`${v3}/datasets/create`, {
    name: `set of ${name}`,
    experiment_ids: [experimentId],
    tags: JSON.stringify({ word }),
  })
  await post(`${v3}/scorers/register`, {
    experiment_id: experimentId,
    name: 'scorer',
    serialized_scorer: JSON.stringify({ word }),
  })
  const reads: readonly string[] = [
    `${v2}/experiments/get?experiment_id=${experimentId}`,
    `${v2}/runs/get?run_id=${runId}`,
    `${v2}/logged-models/${modelId}`,
    `${v2}/artifacts/list?run_id=${runId}`,
    `/api/2.0/mlflow-artifacts/artifacts?path=${experimentId}`,
    `/api/2.0/mlflow-artifacts/artifacts?path=${experimentId}/models/${modelId}/artifacts`,
    `${v2}/registered-models/get?name=${modelName}`,
    `${v2}/model-versions/get?name=${modelName}&version=1`,
    `/api/v1/models/${modelName}/versions/1/approvals`,
    `/api/v1/models/${modelName}/versions/1/card/revisions`,
    `/api/v1/runs/${runId}/reproductions`,
    `${v3}/traces/get?trace_id=${traceId}`,
    `${v3}/datasets/${dataset.dataset_id}`,
    `${v3}/datasets/${dataset.dataset_id}/records`,
    `${v3}/scorers/list?experiment_id=${experimentId}`,
    ...['experiment', 'registered_model'].map(
      (kind) =>
        `/api/2.0/mlflow/${kind === 'experiment' ? 'experiments' : 'registered-models'}/permissions/get?${
          kind === 'experiment' ? `experiment_id=${experimentId}` : `name=${modelName}`
        }&username=stranger`,
    ),
  ]
  return {
    word,
    experimentId,
    experimentName,
    runId,
    modelId,
    modelName,
    traceId,
    datasetId: dataset.dataset_id,
    state: async () => {
      const answers = await Promise.all(reads.map((path) => admin.send({ method: 'GET', path })))
      return answers
        .map(({ status, text }, index) => `${reads[index]} ${status} ${text}`)
        .join('\n')
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes, of which single fields are read
type Any = any

async function done(admin: Caller, method: string, path: string, body: unknown): Promise<unknown> {
  const call: Call = { method, path, body }
  const { status, text } = await admin.send(call)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  return JSON.parse(text)
}
