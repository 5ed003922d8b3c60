import { type Found, foundKinds, searchApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { workspaceOf } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { findOfKind } from './search.store.ts'
import { matchOf, wordsFor, wordsOf } from './search-words.ts'

const ranks: Readonly<Record<Found['match'], number>> = { whole: 0, start: 1, within: 2 }

/** Search over everything that has a name, as far as the caller sees it. */
export const searchRoutes = ({ reader, dialect }: Pick<Database, 'reader' | 'dialect'>) =>
  [
    route(searchApi.find, async ({ query: { q, limit }, actor }) => {
      const workspace = workspaceOf(actor)
      const scope = {
        workspace,
        experiments: actor.access?.visible('experiment', workspace),
        models: actor.access?.visible('registered_model', workspace),
      }
      const words = wordsOf(q)
      if (words.length === 0) return { items: [], more: [] }
      const parts = await Promise.all(
        foundKinds.map(async (kind) => {
          const own = wordsFor(kind, words)
          const rows = await findOfKind(reader, kind, {
            ...scope,
            dialect,
            words: own,
            limit: limit + 1,
          })
          const items = rows
            .map((row): Found => ({ ...row, kind, match: matchOf(row, own) }))
            .sort(better)
          return { kind, items: items.slice(0, limit), more: items.length > limit }
        }),
      )
      return {
        // Sorting keeps the order of kinds among those that fit as well.
        items: parts.flatMap(({ items }) => items).sort((a, b) => ranks[a.match] - ranks[b.match]),
        more: parts.filter(({ more }) => more).map(({ kind }) => kind),
      }
    }),
  ] satisfies readonly Route[]

const better = (a: Found, b: Found): number =>
  ranks[a.match] - ranks[b.match] || (b.at ?? 0) - (a.at ?? 0)
