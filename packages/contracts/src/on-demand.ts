import { z } from 'zod'
import { columnTypes } from './data.ts'
import { endpoint } from './endpoint.ts'
import { recordedDefinition } from './features.ts'
import { onDemandViewDeclaration } from './features-spec.ts'
import { nameParams, page, pageQuery } from './shared.ts'

export const onDemandView = z.object({
  ...recordedDefinition,
  definition: onDemandViewDeclaration,
  /** Columns that a request gives: join keys of the views that it looks up, and values of its own. */
  request: z.array(z.object({ name: z.string(), type: z.enum(columnTypes) })),
})
export type OnDemandView = z.output<typeof onDemandView>

const versionQuery = z.strictObject({
  version: z.coerce.number().int().min(1).max(1e9).optional(),
})

export const onDemandApi = {
  views: endpoint({
    method: 'GET',
    path: '/api/v1/on-demand-views',
    summary: 'List on-demand views, whose features are computed when they are asked for',
    action: 'view',
    query: pageQuery,
    response: page(onDemandView),
  }),
  view: endpoint({
    method: 'GET',
    path: '/api/v1/on-demand-views/:name',
    summary: 'Get an on-demand view, its newest version unless told',
    action: 'view',
    params: nameParams,
    query: versionQuery,
    response: onDemandView,
  }),
  removeView: endpoint({
    method: 'DELETE',
    path: '/api/v1/on-demand-views/:name',
    summary: 'Remove an on-demand view that no feature service has',
    action: 'edit',
    params: nameParams,
    response: z.object({}),
  }),
} as const
