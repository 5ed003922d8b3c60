import {
  type AlertChangeInput,
  type AlertView,
  alertInboxApi,
  alertingApi,
  monitoringApi,
  type Page,
} from '@kaizen/contracts'
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../../shared/api/client.ts'
import type { InboxFilter } from '../api.ts'
import { afterChange } from './prepare-inbox.ts'

/** How many alerts the server changes in one transaction. */
const atOnce = 500

export interface Asked {
  readonly ids: readonly string[]
  readonly change: AlertChangeInput
}

/** Changes alerts, and the loaded rows with them: a list that was scrolled is not fetched again. */
export function useChanges() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ ids, change }: Asked) => {
      const changed: AlertView[] = []
      const unchanged: { readonly id: string; readonly reason: string }[] = []
      for (let from = 0; from < ids.length; from += atOnce) {
        const body = { ids: ids.slice(from, from + atOnce), change }
        const answer = await call(alertInboxApi.change, { body })
        changed.push(...answer.changed)
        unchanged.push(...answer.unchanged)
      }
      return { changed, unchanged }
    },
    onSuccess: async ({ changed }) => {
      for (const [key] of queries.getQueriesData({ queryKey: [monitoringApi.alerts.path] })) {
        const { query = {} } = (key[1] ?? {}) as { readonly query?: InboxFilter }
        queries.setQueryData<InfiniteData<Page<AlertView>>>(
          key,
          (data) => data && { ...data, pages: afterChange(data.pages, changed, query) },
        )
      }
      const stale = [
        alertInboxApi.counts,
        alertInboxApi.comments,
        alertingApi.alert,
        alertingApi.silences,
      ]
      await Promise.all(stale.map(({ path }) => queries.invalidateQueries({ queryKey: [path] })))
    },
  })
}
