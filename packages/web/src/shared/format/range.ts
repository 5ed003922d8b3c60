/** A span of time in an address; both ends may be open. */
export interface Range {
  readonly from?: number
  readonly to?: number
}

const day = 86_400_000
export const presets = [
  { label: '24 h', length: day },
  { label: '7 d', length: 7 * day },
  { label: '30 d', length: 30 * day },
  { label: '90 d', length: 90 * day },
  { label: 'All', length: null },
] as const

/** The preset that a range is, if it is one: it ends now and is as long. */
export const presetOf = (range: Range): string | undefined =>
  range.from === undefined && range.to === undefined
    ? 'All'
    : range.to === undefined
      ? undefined
      : presets.find((preset) => preset.length === (range.to ?? 0) - (range.from ?? 0))?.label
