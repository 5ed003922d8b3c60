import type { IconName } from '../shared/ui/icon.tsx'

export interface Entry {
  readonly label: string
  readonly kind: string
  readonly href: string
  readonly icon: IconName
}

/** At most this many results are drawn. */
const shown = 50

/** Entries that hold every word of the text, those that start with it first. */
export function search(entries: readonly Entry[], text: string): readonly Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return entries.slice(0, shown)
  return entries
    .map((entry) => ({ entry, rank: rankOf(entry, words) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, shown)
    .map(({ entry }) => entry)
}

function rankOf(entry: Entry, words: readonly string[]): number {
  const label = entry.label.toLowerCase()
  const all = `${label} ${entry.kind.toLowerCase()}`
  if (!words.every((word) => all.includes(word))) return -1
  const first = words[0] ?? ''
  return label.startsWith(first) ? 0 : label.includes(first) ? 1 : 2
}
