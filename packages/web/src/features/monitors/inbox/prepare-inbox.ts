import type { AlertView, Page } from '@kaizen/contracts'
import type { InboxFilter } from '../api.ts'

export const states = ['open', 'acknowledged', 'resolved'] as const

/** The filter of the inbox as it stands in its address. */
export interface InboxSearch {
  readonly tab?: string
  readonly text?: string
  readonly severity?: string
  readonly monitor?: string
  /** `nobody`, or a name after `@`. */
  readonly assignee?: string
  readonly from?: number
  readonly to?: number
}

/** What of the address is to change; a field that is empty or undefined is taken out. */
export type InboxChange = {
  readonly [Field in keyof InboxSearch | 'alert']?: string | number | undefined
}

const severityOf = (text: string | undefined): AlertView['severity'] | undefined =>
  (['critical', 'warning', 'info'] as const).find((one) => one === text)

/** What the server is asked for; what an address holds that is no filter is left out. */
export function filterOf(search: InboxSearch): InboxFilter {
  const { tab = 'open', text, monitor, assignee, from, to } = search
  const state = states.find((one) => one === tab)
  const severity = severityOf(search.severity)
  return {
    ...(state && { state }),
    ...(severity && { severity }),
    ...(text !== undefined && { text }),
    ...(monitor !== undefined && { monitor }),
    ...(assignee === 'nobody' && { assignee: '' }),
    ...(assignee?.startsWith('@') && assignee.length > 1 && { assignee: assignee.slice(1) }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

export const isFiltered = (filter: InboxFilter): boolean =>
  Object.keys(filter).some((key) => key !== 'state')

/** Whether an alert that was changed still belongs to a list. */
const belongs = (alert: AlertView, { state, assignee }: InboxFilter): boolean =>
  (state === undefined || alert.state === state) &&
  (assignee === undefined || (alert.assignee ?? '') === assignee)

/** Loaded pages with the alerts that were changed: new where they stay, gone where they no longer belong. */
export function afterChange(
  pages: readonly Page<AlertView>[],
  changed: readonly AlertView[],
  filter: InboxFilter,
): Page<AlertView>[] {
  const byId = new Map(changed.map((alert) => [alert.id, alert]))
  return pages.map((page) => ({
    ...page,
    items: page.items
      .map((alert) => byId.get(alert.id) ?? alert)
      .filter((alert) => !byId.has(alert.id) || belongs(alert, filter)),
  }))
}

type Counts = Readonly<Record<AlertView['state'], Readonly<Record<AlertView['severity'], number>>>>

/** How many alerts a tab holds. */
export const countOf = (counts: Counts | undefined, state: AlertView['state']): number | null =>
  counts ? Object.values(counts[state]).reduce((sum, count) => sum + count, 0) : null

/** What was done, in words; and what was not, with the first reason. */
export function doneInWords(
  done: {
    readonly changed: readonly unknown[]
    readonly unchanged: readonly { readonly reason: string }[]
  },
  verb: string,
): string {
  const { changed, unchanged } = done
  const noun = changed.length === 1 ? 'alert' : 'alerts'
  const first = unchanged[0]
  const rest = first ? `; not ${unchanged.length}: ${first.reason}` : ''
  return `${changed.length.toLocaleString('en-GB')} ${noun} ${verb}${rest}`
}
