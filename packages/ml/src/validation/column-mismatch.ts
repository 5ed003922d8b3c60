type Fields = Readonly<Record<string, unknown>>

/** Columns of a table against a wanted set of them: `details` name what differs, as Great Expectations writes it. */
export function columnSetMismatch(names: readonly string[], wanted: readonly unknown[]) {
  const missing = wanted.filter((name) => !names.includes(String(name)))
  const unexpected = names.filter((name) => !wanted.includes(name))
  const mismatched: Fields = {
    ...(unexpected.length > 0 ? { unexpected } : {}),
    ...(missing.length > 0 ? { missing } : {}),
  }
  const details = missing.length + unexpected.length > 0 ? { details: { mismatched } } : {}
  return { missing, unexpected, details }
}

/** Columns of a table against a wanted list, position by position. */
export function columnListMismatch(names: readonly string[], wanted: readonly unknown[]) {
  const length = Math.max(names.length, wanted.length)
  const mismatched = Array.from({ length }, (_, position) => ({
    'Expected Column Position': position,
    Expected: wanted[position] ?? null,
    Found: names[position] ?? null,
  })).filter(({ Expected, Found }) => Expected !== Found)
  return {
    success: mismatched.length === 0,
    details: mismatched.length === 0 ? {} : { details: { mismatched } },
  }
}
