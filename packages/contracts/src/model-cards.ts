import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName, page, pageQuery, timestampMs } from './shared.ts'

export const cardSectionKinds = ['evidence', 'prose'] as const

/** One section of a model card. */
export const cardSection = z.object({
  id: z.string(),
  title: z.string(),
  /** Evidence is made from records whenever the card is read; prose is written by people. */
  kind: z.enum(cardSectionKinds),
  /** Empty where nobody has written anything yet. */
  markdown: z.string(),
  /** The same as HTML without any markup of the author's own. */
  html: z.string(),
})
export type CardSection = z.output<typeof cardSection>

/** One edit of the prose of a card. */
export const cardRevision = z.object({
  revision: z.number().int(),
  by: z.string(),
  at: timestampMs,
})
export type CardRevision = z.output<typeof cardRevision>

export const modelCard = z.object({
  name: displayName,
  version: z.number().int(),
  /** The edit that is shown; null before the first. */
  edit: cardRevision.nullable(),
  sections: z.array(cardSection),
  /** The whole card as one document, which can be edited and sent back. */
  markdown: z.string(),
})
export type ModelCard = z.output<typeof modelCard>

const versionParams = z.strictObject({
  name: displayName,
  version: z.coerce.number().int().min(1),
})
const revisionQuery = z.strictObject({
  /** An earlier edit; the newest unless told. */
  revision: z.coerce.number().int().min(1).optional(),
})
export const largestCard = 200_000

export const modelCardsApi = {
  get: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/card',
    summary: 'The card of a version: recorded evidence, and what people wrote',
    action: 'view',
    params: versionParams,
    query: revisionQuery,
    response: modelCard,
  }),
  edit: endpoint({
    method: 'PUT',
    path: '/api/v1/models/:name/versions/:version/card',
    summary: 'Write the prose of a card, as a new revision',
    action: 'edit',
    params: versionParams,
    body: z.strictObject({
      /** Sections under their headings; evidence in it is passed over, prose that is left out stays. */
      markdown: z.string().max(largestCard),
      /** The revision that was edited, 0 for none; refused when there is a newer one. */
      basedOn: z.number().int().min(0).optional(),
    }),
    response: modelCard,
  }),
  revisions: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/card/revisions',
    summary: 'List the edits of a card, newest first',
    action: 'view',
    params: versionParams,
    query: pageQuery,
    response: page(cardRevision),
  }),
  html: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/card.html',
    summary: 'The card as one HTML file',
    action: 'view',
    params: versionParams,
    query: revisionQuery,
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
