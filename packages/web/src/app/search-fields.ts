/** What an address says after its `?`, before it is read. */
export type Search = Record<string, unknown>
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? value
    : typeof value === 'number'
      ? String(value)
      : undefined
export const whole = (value: unknown): number | undefined => {
  const number = Number(value)
  return value !== '' && value !== undefined && Number.isSafeInteger(number) ? number : undefined
}
/** A search with only the fields that are set, so that addresses stay short. */
export const present = <T extends Record<string, unknown>>(
  search: T,
): Partial<{ [K in keyof T]: NonNullable<T[K]> }> =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Partial<{
    [K in keyof T]: NonNullable<T[K]>
  }>
