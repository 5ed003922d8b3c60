import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import type { PermissionLevel } from './identity.ts'

/** What a field of a request names; all of it belongs to an experiment or to a registered model. */
export const referenceKinds = [
  'experiment',
  'experiment_name',
  'run',
  'logged_model',
  'registered_model',
  'model_source',
  'artifact',
  'trace',
  'evaluation_dataset',
] as const
export type ReferenceKind = (typeof referenceKinds)[number]

export interface Reference {
  readonly place: 'params' | 'query' | 'body' | 'headers'
  readonly field: string
  /** Where the name lies within the field; `*` is each of a list. */
  readonly within?: readonly string[]
  readonly kind: ReferenceKind
  readonly level: PermissionLevel
}

/**
 * What a route asks of its caller: a role, or permissions on what its fields name. `everything` needs sight of all
 * experiments and models, because the answer speaks of any of them. What `alsoRole` references are used for is a
 * matter of the role besides, and they may all be left out.
 */
export type AccessRule =
  | { readonly kind: 'role' }
  | { readonly kind: 'everything' }
  | {
      readonly kind: 'resources'
      readonly references: readonly Reference[]
      readonly alsoRole?: true
    }

type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType, z.ZodType>

const runFields = ['run_id', 'run_uuid', 'run_ids']
const fieldKinds: Readonly<Record<string, ReferenceKind>> = {
  experiment_id: 'experiment',
  experiment_ids: 'experiment',
  experiment_name: 'experiment_name',
  ...Object.fromEntries(runFields.map((field) => [field, 'run' as const])),
  trace_id: 'trace',
  trace_ids: 'trace',
  request_id: 'trace',
  request_ids: 'trace',
  dataset_id: 'evaluation_dataset',
}

const isModelPath = (path: string): boolean =>
  /\/(registered-models|model-versions)\//.test(path) || path.startsWith('/api/v1/models/')

/** Where the field `model_id` is a logged model's. */
const namesLoggedModel = /\/logged-models\/:|\/model-versions\/create$|\/runs\/log-metric$/

/** What a field names at a path; the same word means other things elsewhere. */
function kindOf(path: string, place: Reference['place'], field: string): ReferenceKind | undefined {
  if (isModelPath(path)) {
    if (field === 'name') return 'registered_model'
    if (field === 'source') return 'model_source'
  }
  if (field === 'model_id') return namesLoggedModel.test(path) ? 'logged_model' : undefined
  if (field === 'source_run_id') return 'run'
  if (path.includes('/mlflow-artifacts/')) {
    const names = place === 'params' || field === 'path'
    return names ? 'artifact' : undefined
  }
  return fieldKinds[field]
}

/** Made by the call, so there is nothing yet that a permission could be about. */
const creates = /\/(registered-models|experiments)\/create$/

const one = (reference: Omit<Reference, 'kind'>): AccessRule => ({
  kind: 'resources',
  references: [{ kind: 'experiment', ...reference }],
})

/** Routes that name their experiment deeper within, or in a header. */
const elsewhereRules: Readonly<Record<string, AccessRule>> = {
  '/api/3.0/mlflow/traces': one({
    place: 'body',
    field: 'trace',
    within: ['trace_info', 'trace_location', 'mlflow_experiment', 'experiment_id'],
    level: 'EDIT',
  }),
  '/api/3.0/mlflow/traces/search': one({
    place: 'body',
    field: 'locations',
    within: ['*', 'mlflow_experiment', 'experiment_id'],
    level: 'READ',
  }),
  '/v1/traces': one({ place: 'headers', field: 'x-mlflow-experiment-id', level: 'EDIT' }),
}

/** Logged models that runs name in lists: a figure is written on the model, a use of it only read from there. */
const listedModels: readonly (readonly [path: RegExp, reference: Omit<Reference, 'kind'>])[] = [
  [
    /\/runs\/log-batch$/,
    { place: 'body', field: 'metrics', within: ['*', 'model_id'], level: 'EDIT' },
  ],
  [
    /\/runs\/(log-inputs|outputs)$/,
    { place: 'body', field: 'models', within: ['*', 'model_id'], level: 'READ' },
  ],
]

/** The files of a new experiment may not lie where those of another do. */
const creationRule = (path: string): AccessRule =>
  path.includes('/experiments/')
    ? {
        kind: 'resources',
        references: [
          { place: 'body', field: 'artifact_location', kind: 'model_source', level: 'EDIT' },
        ],
        alsoRole: true,
      }
    : { kind: 'role' }

/** Where routes of serving name the models that they put to use; a name that is no `models:/` URI is an endpoint's. */
const usedModels: readonly (readonly [path: RegExp, field: string, within?: readonly string[]])[] =
  [
    [/^\/api\/v1\/(endpoints|batch-jobs)$/, 'model'],
    [/^\/api\/v1\/endpoints$/, 'route', ['arms', '*', 'model']],
    [/^\/api\/v1\/endpoints\/:name\/(replays|rollouts|edge-predictions)$/, 'model'],
    [/^\/api\/v1\/endpoints\/:name\/route$/, 'arms', ['*', 'model']],
    [/^\/api\/v1\/ensembles(\/:name\/versions)?$/, 'nodes', ['*', 'model']],
  ]

function usageRule(endpoint: AnyEndpoint): AccessRule | undefined {
  const given = fieldsOf(endpoint.body)
  const references = usedModels
    .filter(([path, field]) => path.test(endpoint.path) && given.includes(field))
    .map(([, field, within]): Reference => {
      const reference = { place: 'body', field, kind: 'model_source', level: 'READ' } as const
      return within ? { ...reference, within } : reference
    })
  return references.length > 0 ? { kind: 'resources', references, alsoRole: true } : undefined
}

/** Ends what it names for others too: only who manages it may. */
const destroys =
  /\/(experiments|runs)\/(delete|restore)$|\/(registered-models|model-versions)\/delete$|\/permissions\/(create|get|update|delete)$/

/** The log speaks of all, and the code of a project runs with the rights of the server. */
const reachesEverything = (path: string): boolean =>
  path.startsWith('/api/v1/audit/') || path === '/api/v1/projects/apply'

/** The rule of a route, read from its path and the names of its fields. */
export function accessRuleOf(endpoint: AnyEndpoint): AccessRule {
  const { path } = endpoint
  if (endpoint.action === 'public' || endpoint.action === 'admin') return { kind: 'role' }
  if (reachesEverything(path)) return { kind: 'everything' }
  if (creates.test(path)) return creationRule(path)
  const elsewhere = elsewhereRules[path.replace(/^\/ajax-api\//, '/api/')]
  if (elsewhere) return elsewhere
  const usage = usageRule(endpoint)
  if (usage) return usage
  const references = (['params', 'query', 'body'] as const).flatMap((place) =>
    fieldsOf(endpoint[place]).flatMap((field): Reference[] => {
      const kind = kindOf(path, place, field)
      return kind ? [{ place, field, kind, level: levelOf(endpoint, field, kind) }] : []
    }),
  )
  for (const [where, reference] of listedModels) {
    if (where.test(path)) references.push({ kind: 'logged_model', ...reference })
  }
  return references.length === 0 ? { kind: 'role' } : { kind: 'resources', references }
}

function levelOf(endpoint: AnyEndpoint, field: string, kind: ReferenceKind): PermissionLevel {
  const { path, method } = endpoint
  if (kind === 'model_source' || field === 'source_run_id') return 'READ'
  if (path.endsWith('/model-versions/create') && field !== 'name') return 'READ'
  const deletesModel = method === 'DELETE' && /\/logged-models\/:model_id$/.test(path)
  if (destroys.test(path) || deletesModel) return 'MANAGE'
  return endpoint.action === 'edit' ? 'EDIT' : 'READ'
}

const fieldsOf = (schema: z.ZodType | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
