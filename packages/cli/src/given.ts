/** A property that is there only where it has a value. */
export const given = <K extends string, T>(
  key: K,
  value: T | undefined,
): { readonly [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T })
