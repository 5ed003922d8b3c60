/** An item of the field: what it is called, the functions that give it, where its definition comes from. */
export interface FieldItem {
  readonly item: string
  /** Exports of this package; the first says the source in its comment. */
  readonly functions: readonly string[]
  /** Author and year, as they stand in the comment of the first function. */
  readonly source: string
  /** Functions of the golden cases in `fixtures`. */
  readonly golden?: readonly string[]
}

/** An item; names are told apart by blanks. */
export const of = (
  item: string,
  functions: string,
  source: string,
  golden?: string,
): FieldItem => ({
  item,
  functions: functions.split(' '),
  source,
  ...(golden && { golden: golden.split(' ') }),
})
