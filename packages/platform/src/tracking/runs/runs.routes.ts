import { mlflowRunsApi as api } from '@kaizen/contracts'
import { JsonText, type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { toWireRun, toWireRunInfo } from '../mlflow-wire.ts'
import { type AttributedMetric, type RunStatus, runStatuses } from '../model.ts'
import { checkBatchSize, missingValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'

const defaultPage = 1000

/** The run that a request names by the present or the older field. @throws INVALID_REQUEST */
export function runIdOf(fields: {
  readonly run_id?: string | undefined
  readonly run_uuid?: string | undefined
}): string {
  const id = fields.run_id || fields.run_uuid
  if (!id) throw missingValue('run_id')
  return id
}

/** A status that MLflow does not know leaves the run's as it is. */
const statusOf = (text: string | undefined): RunStatus | undefined =>
  runStatuses.find((status) => status === text)

const toPoint = (fields: {
  readonly key: string
  readonly value: number
  readonly timestamp: number
  readonly step?: number | undefined
  readonly model_id?: string | undefined
  readonly dataset_name?: string | undefined
  readonly dataset_digest?: string | undefined
}): AttributedMetric => ({
  key: fields.key,
  value: fields.value,
  timestamp: fields.timestamp,
  step: fields.step ?? 0,
  modelId: fields.model_id,
  datasetName: fields.dataset_name,
  datasetDigest: fields.dataset_digest,
})

/** The runs of MLflow's protocol: their life and what they log. */
export function runRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  return [...lifeRoutes(tracking, database), ...logRoutes(tracking, database)]
}

function lifeRoutes({ runs }: TrackingService, database: Database): readonly Route[] {
  return [
    route(api.create, async ({ body, actor }) => {
      const created = await database.write((tx) =>
        runs.create(tx, actor, {
          experimentId: body.experiment_id || '0',
          name: body.run_name,
          userId: body.user_id,
          startTime: body.start_time,
          tags: body.tags,
        }),
      )
      // What a new run has written is nothing yet, and the protocol leaves it out.
      const { outputs: _, ...run } = toWireRun(created)
      return { run }
    }),
    route(api.get, async ({ query }) => {
      const { number } = await runs.require(database.reader, runIdOf(query))
      return new JsonText(`{"run":${await runs.texts([number])}}`)
    }),
    route(api.update, async ({ body, actor }) => {
      const run = await database.write((tx) =>
        runs.update(tx, actor, runIdOf(body), {
          status: statusOf(body.status),
          endTime: body.end_time,
          name: body.run_name,
        }),
      )
      return { run_info: toWireRunInfo(run) }
    }),
    route(api.delete, async ({ body, actor }) => {
      await database.write((tx) => runs.delete(tx, actor, body.run_id))
      return {}
    }),
    route(api.restore, async ({ body, actor }) => {
      await database.write((tx) => runs.restore(tx, actor, body.run_id))
      return {}
    }),
    route(api.search, async ({ body }) => {
      const { items, nextPageToken } = await runs.search({
        experimentIds: body.experiment_ids,
        filter: body.filter ?? '',
        orderBy: body.order_by,
        view: body.run_view_type,
        limit: body.max_results ?? defaultPage,
        pageToken: body.page_token,
      })
      const found = items.length === 0 ? [] : [`"runs":[${await runs.texts(items)}]`]
      const token = nextPageToken ? [`"next_page_token":${JSON.stringify(nextPageToken)}`] : []
      return new JsonText(`{${[...found, ...token]}}`)
    }),
  ]
}

function logRoutes({ runs }: TrackingService, database: Database): readonly Route[] {
  return [
    route(api.logMetric, async ({ body, actor }) => {
      const log = { metrics: [toPoint(body)] }
      await database.write((tx) => runs.log(tx, actor, runIdOf(body), log))
      return {}
    }),
    route(api.logParam, async ({ body, actor }) => {
      const log = { params: [{ key: body.key, value: body.value }] }
      await database.write((tx) => runs.log(tx, actor, runIdOf(body), log))
      return {}
    }),
    route(api.setTag, async ({ body, actor }) => {
      const log = { tags: [{ key: body.key, value: body.value }] }
      await database.write((tx) => runs.log(tx, actor, runIdOf(body), log))
      return {}
    }),
    route(api.deleteTag, async ({ body, actor }) => {
      await database.write((tx) => runs.deleteTag(tx, actor, body.run_id, body.key))
      return {}
    }),
    route(api.logBatch, async ({ body, actor }) => {
      checkBatchSize(body.metrics.length, body.params.length, body.tags.length)
      const log = { metrics: body.metrics.map(toPoint), params: body.params, tags: body.tags }
      await database.write((tx) => runs.log(tx, actor, body.run_id, log))
      return {}
    }),
    route(api.logModel, async ({ body, actor }) => {
      await database.write((tx) => runs.noteModel(tx, actor, body.run_id, body.model_json))
      return {}
    }),
    route(api.logInputs, async ({ body, actor }) => {
      const datasets = body.datasets.map(({ dataset, tags }) => ({
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema ?? null,
        profile: dataset.profile ?? null,
        tags,
      }))
      const models = body.models.map(({ model_id }) => ({ modelId: model_id, step: 0 }))
      await database.write((tx) => runs.logInputs(tx, actor, body.run_id, datasets, models))
      return {}
    }),
    route(api.logOutputs, async ({ body, actor }) => {
      const models = body.models.map(({ model_id, step }) => ({
        modelId: model_id,
        step: step ?? 0,
      }))
      await database.write((tx) => runs.logOutputs(tx, actor, body.run_id, models))
      return {}
    }),
  ]
}
