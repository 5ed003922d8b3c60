const dayMs = 86_400_000

/** How long a token may be used, in the words of the form; null never ends. */
export const lifetimesMs = {
  '7 days': 7 * dayMs,
  '30 days': 30 * dayMs,
  '90 days': 90 * dayMs,
  '1 year': 365 * dayMs,
  never: null,
} as const
export type Lifetime = keyof typeof lifetimesMs
export const lifetimes = Object.keys(lifetimesMs) as readonly Lifetime[]
