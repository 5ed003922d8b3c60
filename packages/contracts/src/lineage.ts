import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName, jsonObject } from './shared.ts'

const facets = z.record(z.string(), jsonObject)
const lineageDataset = z.object({
  namespace: z.string(),
  name: z.string(),
  facets: facets.optional(),
  inputFacets: facets.optional(),
  outputFacets: facets.optional(),
})
export type LineageDataset = z.output<typeof lineageDataset>

/** An event of OpenLineage: a run of a job began or ended, with what it read and made. */
export const lineageEvent = z.object({
  eventType: z.enum(['START', 'COMPLETE', 'ABORT', 'FAIL']),
  eventTime: z.string(),
  producer: z.string(),
  schemaURL: z.string(),
  run: z.object({ runId: z.string(), facets: facets.optional() }),
  job: z.object({ namespace: z.string(), name: z.string(), facets: facets.optional() }),
  inputs: z.array(lineageDataset),
  outputs: z.array(lineageDataset),
})
export type LineageEvent = z.output<typeof lineageEvent>

export const lineageApi = {
  version: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/lineage',
    summary:
      'Where a version came from, as events of OpenLineage: the steps of its run, and its registration',
    action: 'view',
    params: z.strictObject({ name: displayName, version: z.coerce.number().int().min(1) }),
    response: z.object({ events: z.array(lineageEvent) }),
  }),
} as const
