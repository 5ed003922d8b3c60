import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { timestampMs } from './shared.ts'

/** What a search finds, in the order in which equally good results stand; `KIND:ID` is the subject of its audit events. */
export const foundKinds = [
  'experiment',
  'model',
  'model-version',
  'prompt',
  'dataset',
  'feature-view',
  'pipeline',
  'endpoint',
  'monitor',
  'monitor-report',
  'evaluation-dataset',
  'run',
  'trace',
  'pipeline-run',
  'candidate',
] as const
export type FoundKind = (typeof foundKinds)[number]

export const found = z.object({
  kind: z.enum(foundKinds),
  /** By which its page and its routes name it; of a model version `NAME/VERSION`. */
  id: z.string(),
  name: z.string(),
  /** What tells it from others of the same name: the experiment of a run, the pipeline of its run. */
  detail: z.string().nullable(),
  at: timestampMs.nullable(),
  /** Whether the text is the whole name or id, its beginning, or somewhere within. */
  match: z.enum(['whole', 'start', 'within']),
})
export type Found = z.output<typeof found>

export const searchApi = {
  /** By name or the beginning of an id; words that name a kind (`runs`, `model`) narrow the search to it. */
  find: endpoint({
    method: 'GET',
    path: '/api/v1/search',
    summary: 'Find anything by its name or id',
    action: 'view',
    query: z.strictObject({
      q: z.string().trim().min(1).max(250),
      /** How many of each kind. */
      limit: z.coerce.number().int().min(1).max(50).default(8),
    }),
    response: z.object({
      /** The best first. */
      items: z.array(found),
      /** Kinds of which more was found than is told. */
      more: z.array(z.enum(foundKinds)),
    }),
  }),
} as const
