import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import {
  flag,
  integer,
  keyValues,
  message,
  requiredText,
  text,
  textList,
  textOrEmpty,
  wireKeyValue,
} from './fields.ts'
import { get, send } from './operation.ts'

export const mlflowModelVersion = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: z.number().int(),
  last_updated_timestamp: z.number().int(),
  current_stage: z.string(),
  description: z.string(),
  source: z.string(),
  run_id: z.string(),
  status: z.string(),
  status_message: z.string().optional(),
  tags: z.array(wireKeyValue).optional(),
  run_link: z.string(),
  aliases: z.array(z.string()).optional(),
  model_id: z.string().optional(),
})
export type MlflowModelVersion = z.output<typeof mlflowModelVersion>

export const mlflowRegisteredModel = z.object({
  name: z.string(),
  creation_timestamp: z.number().int(),
  last_updated_timestamp: z.number().int(),
  description: z.string().optional(),
  latest_versions: z.array(mlflowModelVersion).optional(),
  tags: z.array(wireKeyValue).optional(),
  aliases: z.array(z.object({ alias: z.string(), version: z.string() })).optional(),
})
export type MlflowRegisteredModel = z.output<typeof mlflowRegisteredModel>

const oneModel = z.object({ registered_model: mlflowRegisteredModel })
const oneVersion = z.object({ model_version: mlflowModelVersion })
const someVersions = z.object({ model_versions: z.array(mlflowModelVersion).optional() })
const name = { name: requiredText }
const version = { ...name, version: requiredText }
const alias = { ...name, alias: requiredText }
const searchFields = { filter: text, max_results: integer, order_by: textList, page_token: text }

const modelPage = z.object({
  registered_models: z.array(mlflowRegisteredModel).optional(),
  next_page_token: z.string().optional(),
})

export const mlflowRegisteredModelsApi = {
  create: send(
    'POST',
    'registered-models/create',
    'Create a registered model',
    { ...name, tags: keyValues, description: text },
    oneModel,
  ),
  rename: send(
    'POST',
    'registered-models/rename',
    'Rename a registered model',
    { ...name, new_name: requiredText },
    oneModel,
  ),
  update: send(
    'PATCH',
    'registered-models/update',
    'Describe a registered model',
    { ...name, description: text },
    oneModel,
  ),
  delete: send(
    'DELETE',
    'registered-models/delete',
    'Delete a registered model with its versions',
    name,
    empty,
  ),
  get: get('registered-models/get', 'Get a registered model', name, oneModel),
  search: get('registered-models/search', 'Search registered models', searchFields, modelPage),
  /** As the client of R asks. */
  searchByBody: send(
    'POST',
    'registered-models/search',
    'Search registered models',
    searchFields,
    modelPage,
    'view',
  ),
  latestVersions: send(
    'POST',
    'registered-models/get-latest-versions',
    'Get the newest version of each stage',
    { ...name, stages: textList },
    someVersions,
    'view',
  ),
  latestVersionsByQuery: get(
    'registered-models/get-latest-versions',
    'Get the newest version of each stage',
    { ...name, stages: textList },
    someVersions,
  ),
  setTag: send(
    'POST',
    'registered-models/set-tag',
    'Set a tag of a registered model',
    { ...name, key: requiredText, value: textOrEmpty },
    empty,
  ),
  deleteTag: send(
    'DELETE',
    'registered-models/delete-tag',
    'Delete a tag of a registered model',
    { ...name, key: requiredText },
    empty,
  ),
  setAlias: send(
    'POST',
    'registered-models/alias',
    'Point an alias at a version',
    { ...alias, version: requiredText },
    empty,
  ),
  deleteAlias: send('DELETE', 'registered-models/alias', 'Delete an alias', alias, empty),
  getByAlias: get('registered-models/alias', 'Get the version of an alias', alias, oneVersion),
} as const

export const mlflowModelVersionsApi = {
  create: send(
    'POST',
    'model-versions/create',
    'Create a model version',
    {
      ...name,
      source: requiredText,
      run_id: text,
      tags: keyValues,
      run_link: text,
      description: text,
      model_id: text,
    },
    oneVersion,
  ),
  update: send(
    'PATCH',
    'model-versions/update',
    'Describe a model version',
    { ...version, description: text },
    oneVersion,
  ),
  transition: send(
    'POST',
    'model-versions/transition-stage',
    'Move a model version to a stage',
    { ...version, stage: requiredText, archive_existing_versions: flag },
    oneVersion,
  ),
  delete: send('DELETE', 'model-versions/delete', 'Delete a model version', version, empty),
  get: get('model-versions/get', 'Get a model version', version, oneVersion),
  search: get(
    'model-versions/search',
    'Search model versions',
    searchFields,
    z.object({
      model_versions: z.array(mlflowModelVersion).optional(),
      next_page_token: z.string().optional(),
    }),
  ),
  downloadUri: get(
    'model-versions/get-download-uri',
    'Get where a model version is kept',
    version,
    z.object({ artifact_uri: z.string() }),
  ),
  setTag: send(
    'POST',
    'model-versions/set-tag',
    'Set a tag of a model version',
    { ...version, key: requiredText, value: textOrEmpty },
    empty,
  ),
  deleteTag: send(
    'DELETE',
    'model-versions/delete-tag',
    'Delete a tag of a model version',
    { ...version, key: requiredText },
    empty,
  ),
  artifact: endpoint({
    method: 'GET',
    path: '/model-versions/get-artifact',
    summary: 'Download an artifact of a model version',
    action: 'view',
    query: message({ ...version, path: requiredText }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
