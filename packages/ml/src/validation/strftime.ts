import { MlError } from '../ml-error.ts'

const MONTHS =
  'january february march april may june july august september october november december'
const DAYS = 'monday tuesday wednesday thursday friday saturday sunday'
const names = (list: string, length?: number) =>
  list
    .split(' ')
    .map((name) => name.slice(0, length))
    .join('|')

/** The text that each directive of strptime accepts. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  y: '(?<y>\\d{2})',
  m: '(?<m>1[0-2]|0[1-9]|[1-9])',
  d: '(?<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])',
  H: '(?<H>2[0-3]|[01]\\d|\\d)',
  I: '(?<I>1[0-2]|0[1-9]|[1-9])',
  M: '(?<M>[0-5]\\d|\\d)',
  S: '(?<S>6[01]|[0-5]\\d|\\d)',
  f: '(?<f>\\d{1,6})',
  j: '(?<j>36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9])',
  p: '(?<p>am|pm)',
  b: `(?<b>${names(MONTHS, 3)})`,
  B: `(?<B>${names(MONTHS)})`,
  a: `(?<a>${names(DAYS, 3)})`,
  A: `(?<A>${names(DAYS)})`,
  z: '(?<z>[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d)?|z)',
  Z: '(?<Z>utc|gmt|[a-z]{3,4})',
  '%': '%',
}

/**
 * Whether a text has the form of a strftime format and names a day that exists.
 * @throws MlError when the format has an unknown directive.
 */
export const strftimePattern = (format: string): ((text: string) => boolean) => {
  const source = format
    .replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
    .replace(/\s+/gu, '\\s+')
    .replace(/%(.)/gu, (_, letter: string) => {
      const directive = DIRECTIVES[letter]
      if (directive) return directive
      throw new MlError(
        'invalid_option',
        `'%${letter}' in the format '${format}' is not known`,
        `use ${Object.keys(DIRECTIVES).join(', ')}`,
      )
    })
  const pattern = new RegExp(`^${source}$`, 'iu')
  return (text) => {
    const parts = pattern.exec(text)?.groups
    if (!parts && !pattern.test(text)) return false
    return !parts || dayExists(parts)
  }
}

const dayExists = (parts: Readonly<Record<string, string | undefined>>): boolean => {
  const name = (parts['b'] ?? parts['B'])?.toLowerCase().slice(0, 3)
  const month = name ? names(MONTHS, 3).split('|').indexOf(name) + 1 : Number(parts['m'] ?? 1)
  const year = Number(parts['Y'] ?? 1900)
  const day = Number(parts['d'] ?? 1)
  return day <= daysOfMonth(year, month) && year >= 1
}

/** The length of a month, 1 to 12, in the Gregorian calendar. */
export const daysOfMonth = (year: number, month: number): number => {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
