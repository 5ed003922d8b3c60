import { modelCardsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { cardPage } from './card-page.ts'
import type { ModelCards } from './cards.service.ts'

/** Model cards in Kaizen's own API. */
export const cardRoutes = (cards: ModelCards): readonly Route[] => [
  route(api.get, ({ params, query, actor }) => cards.card(actor, params, query.revision)),
  route(api.edit, ({ params, body, actor }) => cards.edit(actor, params, body)),
  route(api.revisions, ({ params, query }) => cards.revisions(params, query)),
  route(api.html, async ({ params, query, actor, reply }) => {
    const page = cardPage(await cards.card(actor, params, query.revision))
    await reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .send(page)
  }),
]
