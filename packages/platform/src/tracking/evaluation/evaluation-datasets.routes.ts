import { mlflowEvaluationDatasetsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { type Actor, workspaceOf } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { unlessEmpty } from '../mlflow-wire.ts'
import type { TrackingService } from '../service.ts'
import {
  type EvaluationDataset,
  type EvaluationRecord,
  parseRecords,
  parseTags,
} from './evaluation-datasets.ts'

const defaultPage = 1000

const toWire = (dataset: EvaluationDataset) => ({
  dataset_id: dataset.datasetId,
  name: dataset.name,
  tags: JSON.stringify(dataset.tags),
  ...(dataset.schema ? { schema: JSON.stringify(dataset.schema) } : {}),
  ...(dataset.records > 0 ? { profile: JSON.stringify({ num_records: dataset.records }) } : {}),
  digest: dataset.digest,
  created_time: dataset.createdAt,
  last_update_time: dataset.updatedAt,
  created_by: dataset.createdBy,
  last_updated_by: dataset.updatedBy,
  ...unlessEmpty('experiment_ids', dataset.experimentIds),
})

const toWireRecord = (datasetId: string, record: EvaluationRecord) => ({
  dataset_record_id: record.recordId,
  dataset_id: datasetId,
  inputs: record.inputs,
  outputs: record.outputs,
  expectations: record.expectations,
  tags: record.tags,
  source: record.source,
  source_id: record.sourceId,
  source_type: record.sourceType,
  created_time: record.createdAt,
  last_update_time: record.updatedAt,
  created_by: record.createdBy,
  last_updated_by: record.updatedBy,
})

/** The evaluation data sets of MLflow's protocol. */
export const evaluationDatasetRoutes = (
  tracking: TrackingService,
  database: Database,
): readonly Route[] => [...datasetRoutes(tracking, database), ...recordRoutes(tracking, database)]

function datasetRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const datasets = tracking.evaluationDatasets
  const search = async (
    actor: Actor,
    fields: {
      readonly experiment_ids: readonly string[]
      readonly filter_string?: string | undefined
      readonly order_by: readonly string[]
      readonly max_results?: number | undefined
      readonly page_token?: string | undefined
    },
  ) => {
    const { items, nextPageToken } = await datasets.search({
      experimentIds: fields.experiment_ids,
      filter: fields.filter_string ?? '',
      orderBy: fields.order_by,
      limit: fields.max_results || defaultPage,
      pageToken: fields.page_token,
      workspace: workspaceOf(actor),
    })
    return {
      ...unlessEmpty('datasets', items.map(toWire)),
      ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
    }
  }
  return [
    route(api.create, async ({ body, actor }) => {
      const tags = parseTags(body.tags)
      const made = await database.write((tx) =>
        datasets.create(tx, actor, { name: body.name, tags, experimentIds: body.experiment_ids }),
      )
      return { dataset: toWire(made) }
    }),
    route(api.searchByQuery, ({ query, actor }) => search(actor, query)),
    route(api.search, ({ body, actor }) => search(actor, body)),
    route(api.get, async ({ params }) => ({
      dataset: toWire(await datasets.get(params.dataset_id)),
    })),
    route(api.delete, async ({ params, actor }) => {
      await database.write((tx) => datasets.delete(tx, actor, params.dataset_id))
      return {}
    }),
    route(api.setTags, async ({ params, body, actor }) => {
      const tags = parseTags(body.tags)
      const after = await database.write((tx) =>
        datasets.setTags(tx, actor, params.dataset_id, tags),
      )
      return { dataset: toWire(after) }
    }),
    route(api.deleteTag, async ({ params, actor }) => {
      await database.write((tx) => datasets.deleteTag(tx, actor, params.dataset_id, params.key))
      return {}
    }),
    route(api.experimentIds, async ({ params }) =>
      unlessEmpty('experiment_ids', (await datasets.get(params.dataset_id)).experimentIds),
    ),
    route(api.addExperiments, async ({ params, body, actor }) => {
      const change = { add: body.experiment_ids, remove: [] }
      const after = await database.write((tx) =>
        datasets.link(tx, actor, params.dataset_id, change),
      )
      return { dataset: toWire(after) }
    }),
    route(api.removeExperiments, async ({ params, body, actor }) => {
      const change = { add: [], remove: body.experiment_ids }
      const after = await database.write((tx) =>
        datasets.link(tx, actor, params.dataset_id, change),
      )
      return { dataset: toWire(after) }
    }),
  ]
}

function recordRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const datasets = tracking.evaluationDatasets
  return [
    route(api.upsertRecords, async ({ params, body, actor }) => {
      const records = parseRecords(body.records)
      const { inserted, updated } = await database.write((tx) =>
        datasets.upsert(tx, actor, params.dataset_id, records),
      )
      return { inserted_count: inserted, updated_count: updated }
    }),
    route(api.records, async ({ params, query }) => {
      const limit = query.max_results || defaultPage
      const { items, nextPageToken } = await datasets.records(
        params.dataset_id,
        limit,
        query.page_token,
      )
      return {
        records: JSON.stringify(items.map((record) => toWireRecord(params.dataset_id, record))),
        ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
      }
    }),
    route(api.deleteRecords, async ({ params, body, actor }) => {
      const deleted = await database.write((tx) =>
        datasets.deleteRecords(tx, actor, params.dataset_id, body.dataset_record_ids),
      )
      return { deleted_count: deleted }
    }),
  ]
}
