import { daysOfMonth } from './strftime.ts'

type Part = 'year' | 'month' | 'day'

/** Numbers of a date in the order of the text, with what is known of their parts. */
export interface DateNumbers {
  readonly values: number[]
  readonly known: Map<Part, number>
  /** Whether a year was written in full. */
  hasCentury: boolean
}

/** A date that a text names, as far as it names one. */
export type NamedDate = { readonly [part in Part]?: number }

export const noNumbers = (): DateNumbers => ({ values: [], known: new Map(), hasCentury: false })

/** Adds a number, as the text writes it or as read. False where it contradicts what is known. */
export const addNumber = (
  date: DateNumbers,
  written: string | number,
  part: Part | null = null,
): boolean => {
  const isYear =
    typeof written === 'string' ? /^\d{3,}$/u.test(written) : part === null && written > 100
  if (typeof written === 'string' && !/^\d+$/u.test(written)) return false
  if (isYear && part !== null && part !== 'year') return false
  date.hasCentury ||= isYear
  const known = isYear ? 'year' : part
  if (known && date.known.has(known)) return false
  date.values.push(Math.trunc(Number(written)))
  if (known) date.known.set(known, date.values.length - 1)
  return true
}

/** Whether a number that stands alone may be the day. */
export const couldBeDay = ({ values, known }: DateNumbers, value: number): boolean => {
  if (known.has('day') || value < 1) return false
  const month = known.get('month')
  if (month === undefined) return value <= 31
  const year = known.get('year')
  return value <= daysOfMonth(year === undefined ? 2000 : values[year]!, values[month]!)
}

/** Which number is which; null where there are too many. American order unless the numbers forbid it. */
export const namedDate = ({ values, known }: DateNumbers): NamedDate | null => {
  const count = values.length
  if (count > 3) return null
  if ((count === known.size && count > 0) || (count === 3 && known.size === 2)) {
    return byKnownParts(values, known)
  }
  const month = known.get('month')
  if (count === 0) return {}
  if (count === 1 || (month !== undefined && count === 2)) return oneOrMonthAndOne(values, month)
  const [a, b, c] = values as [number, number, number]
  if (count === 2) {
    if (a > 31) return { year: a, month: b }
    return b > 31 ? { month: a, year: b } : { month: a, day: b }
  }
  return three([a, b, c], known)
}

const byKnownParts = (values: readonly number[], known: ReadonlyMap<Part, number>): NamedDate => {
  const parts: Record<string, number> = {}
  for (const [part, i] of known) parts[part] = values[i]!
  if (values.length > known.size) {
    const part = (['year', 'month', 'day'] as const).find((name) => !known.has(name))!
    const used = new Set(known.values())
    parts[part] = values[[0, 1, 2].find((i) => !used.has(i))!]!
  }
  return parts
}

const oneOrMonthAndOne = (values: readonly number[], month: number | undefined): NamedDate => {
  const other = month === undefined ? values[0]! : values.at(month - 1)!
  const parts = month === undefined ? {} : { month: values[month]! }
  if (month !== undefined && values.length === 1) return parts
  return { ...parts, ...(other > 31 ? { year: other } : { day: other }) }
}

const three = (
  [a, b, c]: readonly [number, number, number],
  known: ReadonlyMap<Part, number>,
): NamedDate => {
  switch (known.get('month')) {
    case 0:
      return b > 31 ? { month: a, year: b, day: c } : { month: a, day: b, year: c }
    case 1:
      return a > 31 ? { year: a, month: b, day: c } : { day: a, month: b, year: c }
    case 2:
      return b > 31 ? { day: a, year: b, month: c } : { year: a, day: b, month: c }
    default:
      if (a > 31 || known.get('year') === 0) return { year: a, month: b, day: c }
      return a > 12 ? { day: a, month: b, year: c } : { month: a, day: b, year: c }
  }
}

/** Whether a named date is one of the calendar; parts that are not named can be any. */
export const isCalendarDate = ({ year, month, day }: NamedDate, hasCentury: boolean): boolean => {
  if (year !== undefined && (year > 9999 || (year === 0 && hasCentury))) return false
  if (month !== undefined && (month < 1 || month > 12)) return false
  if (day === undefined) return true
  const full = year === undefined ? 2000 : year < 100 && !hasCentury ? 2000 + year : year
  return day >= 1 && day <= (month === undefined ? 31 : daysOfMonth(full, month))
}
