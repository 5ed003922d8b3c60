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
 * What a route asks of its caller besides a role: permissions on what its fields name. `everything` needs sight of
 * all experiments and models, because the answer speaks of any of them; `optional` references may all be left out.
 */
export type AccessRule =
  | { readonly kind: 'role' }
  | { readonly kind: 'everything' }
  | {
      readonly kind: 'resources'
      readonly references: readonly Reference[]
      readonly optional?: true
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

/** What a field names at a path; the same word means other things elsewhere. */
function kindOf(path: string, place: Reference['place'], field: string): ReferenceKind | undefined {
  if (isModelPath(path)) {
    if (field === 'name') return 'registered_model'
    if (field === 'source') return 'model_source'
  }
  if (path.includes('/logged-models/:') && field === 'model_id') return 'logged_model'
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

/** The files of a new experiment may not lie where those of another do. */
const creationRule = (path: string): AccessRule =>
  path.includes('/experiments/')
    ? {
        kind: 'resources',
        references: [
          { place: 'body', field: 'artifact_location', kind: 'model_source', level: 'EDIT' },
        ],
        optional: true,
      }
    : { kind: 'role' }

/** Ends what it names for others too: only who manages it may. */
const destroys =
  /\/(experiments|runs)\/(delete|restore)$|\/(registered-models|model-versions)\/delete$|\/permissions\/(create|get|update|delete)$/

const isWholeLog = (path: string): boolean => path.startsWith('/api/v1/audit/')

/** The rule of a route, read from its path and the names of its fields. */
export function accessRuleOf(endpoint: AnyEndpoint): AccessRule {
  const { path } = endpoint
  if (endpoint.action === 'public' || endpoint.action === 'admin') return { kind: 'role' }
  if (isWholeLog(path)) return { kind: 'everything' }
  if (creates.test(path)) return creationRule(path)
  const elsewhere = elsewhereRules[path.replace(/^\/ajax-api\//, '/api/')]
  if (elsewhere) return elsewhere
  const references = (['params', 'query', 'body'] as const).flatMap((place) =>
    fieldsOf(endpoint[place]).flatMap((field): Reference[] => {
      const kind = kindOf(path, place, field)
      return kind ? [{ place, field, kind, level: levelOf(endpoint, field, kind) }] : []
    }),
  )
  return references.length === 0 ? { kind: 'role' } : { kind: 'resources', references }
}

function levelOf(endpoint: AnyEndpoint, field: string, kind: ReferenceKind): PermissionLevel {
  const { path, method } = endpoint
  const isSource =
    kind === 'model_source' ||
    (path.endsWith('/model-versions/create') && runFields.includes(field))
  if (isSource) return 'READ'
  const deletesModel = method === 'DELETE' && /\/logged-models\/:model_id$/.test(path)
  if (destroys.test(path) || deletesModel) return 'MANAGE'
  return endpoint.action === 'edit' ? 'EDIT' : 'READ'
}

const fieldsOf = (schema: z.ZodType | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
