/** A named state of the runs table: the fields of its address, without the chosen runs. */
export interface SavedView {
  readonly name: string
  readonly search: Readonly<Record<string, string>>
}
export const mostViews = 50
const longestName = 80
const kept = ['filter', 'order', 'columns', 'pinned', 'group', 'spark'] as const

/** What is kept of an address in a view. */
export const viewOf = (name: string, search: Readonly<Record<string, unknown>>): SavedView => ({
  name: name.trim().slice(0, longestName),
  search: Object.fromEntries(
    kept.flatMap((key) => {
      const value = search[key]
      return typeof value === 'string' && value !== '' ? [[key, value]] : []
    }),
  ),
})

/** The views that a browser keeps; whatever else stands there is left out. */
export function readViews(text: string | null): readonly SavedView[] {
  let stored: unknown
  try {
    stored = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  if (!Array.isArray(stored)) return []
  return stored.flatMap((one: unknown) => {
    const { name, search } = (one ?? {}) as Record<string, unknown>
    if (typeof name !== 'string' || name === '') return []
    return [viewOf(name, (search ?? {}) as Record<string, unknown>)]
  })
}

/** Keeps a view under its name, in place of one that had it; in order of name. */
export const withView = (views: readonly SavedView[], view: SavedView): readonly SavedView[] =>
  [...withoutView(views, view.name), view]
    .slice(-mostViews)
    .sort((a, b) => a.name.localeCompare(b.name))

export const withoutView = (views: readonly SavedView[], name: string): readonly SavedView[] =>
  views.filter((one) => one.name !== name)

export const viewHref = (experimentId: string, view: SavedView): string => {
  const query = new URLSearchParams(view.search).toString()
  return `/experiments/${encodeURIComponent(experimentId)}${query === '' ? '' : `?${query}`}`
}

const sharedPrefix = 'kaizen.view.'

/**
 * The tag of an experiment that holds a view for everybody who sees the experiment. Letters, digits, spaces and
 * dashes of the name stay; other characters, which tags may not have, become their code point: no two names share a tag.
 */
export const sharedKey = (name: string): string =>
  sharedPrefix +
  [...name]
    .map((one) => (/[A-Za-z0-9 -]/.test(one) ? one : `_${one.codePointAt(0)?.toString(16)}.`))
    .join('')

export const sharedValue = (view: SavedView): string => JSON.stringify(view)

/** The views among the tags of an experiment, in order of name; tags that hold no view are left out. */
export const sharedViews = (tags: ReadonlyMap<string, string>): readonly SavedView[] =>
  [...tags]
    .filter(([key]) => key.startsWith(sharedPrefix))
    .flatMap(([key, value]) =>
      readViews(`[${value}]`).filter((view) => sharedKey(view.name) === key),
    )
    .sort((a, b) => a.name.localeCompare(b.name))
