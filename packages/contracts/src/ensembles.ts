import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ensembleDeclaration } from './ensemble-spec.ts'
import { modelSignature } from './models.ts'
import { digest, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

/** The version that a model node stands for. */
export const ensembleMember = z.object({
  node: z.string(),
  /** As declared. */
  model: z.string(),
  modelName: z.string(),
  version: z.number().int(),
  digest: z.string(),
  signature: modelSignature,
})
export type EnsembleMember = z.output<typeof ensembleMember>

/** One version of an ensemble; it never changes. */
export const ensembleView = z.object({
  name: objectName,
  version: z.number().int(),
  project: z.string().nullable(),
  declaration: ensembleDeclaration,
  members: z.array(ensembleMember),
  signature: modelSignature,
  /** Of the declaration and what its models stand for. */
  digest,
  createdAt: timestampMs,
  createdBy: z.string(),
})
export type EnsembleView = z.output<typeof ensembleView>

export const ensemblesApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/ensembles',
    summary: 'List ensembles, each with its newest version',
    action: 'view',
    query: pageQuery,
    response: page(ensembleView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/ensembles',
    summary: 'Make a version of an ensemble; the newest is answered where nothing differs',
    action: 'edit',
    body: ensembleDeclaration,
    response: ensembleView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/ensembles/:name',
    summary: 'Get a version of an ensemble, the newest unless told',
    action: 'view',
    params: nameParams,
    query: z.strictObject({ version: z.coerce.number().int().min(1).max(1e9).optional() }),
    response: ensembleView,
  }),
  refresh: endpoint({
    method: 'POST',
    path: '/api/v1/ensembles/:name/versions',
    summary:
      'Make a version anew with what aliases stand for now; the newest is answered where nothing differs',
    action: 'edit',
    params: nameParams,
    response: ensembleView,
    status: 201,
  }),
  versions: endpoint({
    method: 'GET',
    path: '/api/v1/ensembles/:name/versions',
    summary: 'Versions of an ensemble, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(ensembleView),
  }),
} as const
