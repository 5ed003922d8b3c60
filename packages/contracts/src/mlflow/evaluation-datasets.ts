import { z } from 'zod'
import { empty } from '../shared.ts'
import { integer, requiredText, text, textList } from './fields.ts'
import { atV3, get, getOf, send, sendTo } from './operation.ts'

/** A data set that answers are evaluated on; tags, schema and profile are JSON in texts. */
export const mlflowEvaluationDataset = z.object({
  dataset_id: z.string(),
  name: z.string(),
  tags: z.string().optional(),
  schema: z.string().optional(),
  profile: z.string().optional(),
  digest: z.string(),
  created_time: z.number().int(),
  last_update_time: z.number().int(),
  created_by: z.string().optional(),
  last_updated_by: z.string().optional(),
  experiment_ids: z.array(z.string()).optional(),
})
export type MlflowEvaluationDataset = z.output<typeof mlflowEvaluationDataset>

const one = z.object({ dataset: mlflowEvaluationDataset })
const id = { dataset_id: requiredText }
const searchFields = {
  experiment_ids: textList,
  filter_string: text,
  max_results: integer,
  order_by: textList,
  page_token: text,
}
const page = z.object({
  datasets: z.array(mlflowEvaluationDataset).optional(),
  next_page_token: z.string().optional(),
})

export const mlflowEvaluationDatasetsApi = {
  create: atV3(
    send(
      'POST',
      'datasets/create',
      'Create an evaluation data set',
      { name: requiredText, experiment_ids: textList, tags: text },
      one,
    ),
  ),
  /** Before `get`: this name is no id. */
  searchByQuery: atV3(get('datasets/search', 'Search evaluation data sets', searchFields, page)),
  search: atV3(
    send('POST', 'datasets/search', 'Search evaluation data sets', searchFields, page, 'view'),
  ),
  get: atV3(getOf('datasets/:dataset_id', 'Get an evaluation data set', id, {}, one)),
  delete: atV3(
    sendTo('DELETE', 'datasets/:dataset_id', 'Delete an evaluation data set', id, {}, empty),
  ),
  setTags: atV3(
    sendTo(
      'PATCH',
      'datasets/:dataset_id/tags',
      'Set tags of an evaluation data set',
      id,
      { tags: requiredText },
      one,
    ),
  ),
  deleteTag: atV3(
    sendTo(
      'DELETE',
      'datasets/:dataset_id/tags/:key',
      'Delete a tag of an evaluation data set',
      { ...id, key: requiredText },
      {},
      empty,
    ),
  ),
  upsertRecords: atV3(
    sendTo(
      'POST',
      'datasets/:dataset_id/records',
      'Add or change records of an evaluation data set',
      id,
      { records: requiredText, updated_by: text },
      z.object({ inserted_count: z.number().int(), updated_count: z.number().int() }),
    ),
  ),
  records: atV3(
    getOf(
      'datasets/:dataset_id/records',
      'List records of an evaluation data set',
      id,
      { max_results: integer, page_token: text },
      z.object({ records: z.string(), next_page_token: z.string().optional() }),
    ),
  ),
  deleteRecords: atV3(
    sendTo(
      'DELETE',
      'datasets/:dataset_id/records',
      'Delete records of an evaluation data set',
      id,
      { dataset_record_ids: textList },
      z.object({ deleted_count: z.number().int() }),
    ),
  ),
  experimentIds: atV3(
    getOf(
      'datasets/:dataset_id/experiment-ids',
      'List experiments of an evaluation data set',
      id,
      {},
      z.object({ experiment_ids: z.array(z.string()).optional() }),
    ),
  ),
  addExperiments: atV3(
    sendTo(
      'POST',
      'datasets/:dataset_id/add-experiments',
      'Link an evaluation data set to experiments',
      id,
      { experiment_ids: textList },
      one,
    ),
  ),
  removeExperiments: atV3(
    sendTo(
      'POST',
      'datasets/:dataset_id/remove-experiments',
      'Unlink an evaluation data set from experiments',
      id,
      { experiment_ids: textList },
      one,
    ),
  ),
} as const
