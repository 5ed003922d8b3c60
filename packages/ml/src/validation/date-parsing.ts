import {
  addNumber,
  couldBeDay,
  type DateNumbers,
  isCalendarDate,
  namedDate,
  noNumbers,
} from './date-parts.ts'
import { dateTokens } from './date-tokens.ts'

const indexed = (lists: readonly (readonly string[])[]): ReadonlyMap<string, number> =>
  new Map(lists.flatMap((names, i) => names.map((name): [string, number] => [name, i])))

const FILLERS = new Set(" |.|,|;|-|/|'|at|on|and|ad|m|t|of|st|nd|rd|th".split('|'))
const WEEKDAYS = indexed(
  ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) => [
    day,
    day.slice(0, 3),
  ]),
)
const MONTHS = indexed([
  ['jan', 'january'],
  ['feb', 'february'],
  ['mar', 'march'],
  ['apr', 'april'],
  ['may'],
  ['jun', 'june'],
  ['jul', 'july'],
  ['aug', 'august'],
  ['sep', 'sept', 'september'],
  ['oct', 'october'],
  ['nov', 'november'],
  ['dec', 'december'],
])
const UNITS = indexed([
  ['h', 'hour', 'hours'],
  ['m', 'minute', 'minutes'],
  ['s', 'second', 'seconds'],
])
const HALVES = indexed([
  ['am', 'a'],
  ['pm', 'p'],
])
const WORLD_TIME = new Set(['UTC', 'GMT', 'Z', 'z'])

/** What has been read of a date text; times as far as they are named. */
interface Reading {
  readonly tokens: string[]
  readonly date: DateNumbers
  /** Hour, minute, second. */
  readonly time: [number | null, number | null, number | null]
  hasHalf: boolean
  hasZone: boolean
  hasZoneName: boolean
  hasWeekday: boolean
}

const of = (names: ReadonlyMap<string, number>, token: string | undefined): number | null =>
  (token === undefined ? undefined : names.get(token.toLowerCase())) ?? null

const isFiller = (token: string | undefined): boolean =>
  token !== undefined && FILLERS.has(token.toLowerCase())

/**
 * Whether a text can be read as a date or time in the free forms that people use: parts in any of the usual orders (month
 * before day where both could be meant), names of months and days, times with fractions, halves of the day and zones.
 */
export const isParseableDate = (text: string): boolean => {
  const reading: Reading = {
    tokens: dateTokens(text),
    date: noNumbers(),
    time: [null, null, null],
    hasHalf: false,
    hasZone: false,
    hasZoneName: false,
    hasWeekday: false,
  }
  for (let i = 0; i < reading.tokens.length; i++) {
    const last = readToken(reading, i)
    if (last === null) return false
    i = last
  }
  const { date, time, hasHalf, hasZone, hasZoneName, hasWeekday } = reading
  const named = namedDate(date)
  if (!named) return false
  const isEmpty = Object.keys(named).length === 0 && time.every((part) => part === null)
  if (isEmpty && !hasHalf && !hasZone && !hasZoneName && !hasWeekday) return false
  const [hour, minute, second] = time
  const isTime = (hour ?? 0) < 24 && (minute ?? 0) < 60 && (second ?? 0) < 60
  return isTime && isCalendarDate(named, date.hasCentury)
}

/** Reads what starts at a token; the index of the last token used, or null where it cannot be read. */
const readToken = (reading: Reading, i: number): number | null => {
  const token = reading.tokens[i]!
  if (/^\p{Nd}/u.test(token)) return readNumber(reading, i)
  if (of(WEEKDAYS, token) !== null) {
    reading.hasWeekday = true
    return i
  }
  if (of(MONTHS, token) !== null) return readMonth(reading, i)
  if (of(HALVES, token) !== null) return readHalf(reading) ? i : null
  if (isZoneName(reading, token)) {
    reading.hasZoneName = true
    const sign = reading.tokens[i + 1]
    if (WORLD_TIME.has(token) && sign !== '+' && sign !== '-') reading.hasZone = true
    return i
  }
  if (reading.time[0] !== null && (token === '+' || token === '-')) return readOffset(reading, i)
  return isFiller(token) ? i : null
}

const isZoneName = ({ time, hasZone, hasZoneName }: Reading, token: string): boolean =>
  time[0] !== null &&
  !hasZone &&
  !hasZoneName &&
  ((token.length <= 5 && /^[A-Z]+$/u.test(token)) || WORLD_TIME.has(token))

/** A half of the day needs an hour of the twelve before it. */
const readHalf = (reading: Reading): boolean => {
  const hour = reading.time[0]
  reading.hasHalf = true
  return hour !== null && hour <= 12
}

const readMonth = ({ tokens, date }: Reading, i: number): number | null => {
  if (!addNumber(date, of(MONTHS, tokens[i])! + 1, 'month')) return null
  const separator = tokens[i + 1]
  if (separator === '-' || separator === '/') {
    if (!addNumber(date, tokens[i + 2] ?? '')) return null
    if (tokens[i + 3] !== separator) return i + 2
    return addNumber(date, tokens[i + 4] ?? '') ? i + 4 : null
  }
  const isOf = separator === ' ' && tokens[i + 2]?.toLowerCase() === 'of' && tokens[i + 3] === ' '
  if (!isOf || tokens[i + 4] === undefined) return i
  if (/^\d+$/u.test(tokens[i + 4]!) && !addNumber(date, tokens[i + 4]!, 'year')) return null
  return i + 4
}

const readOffset = (reading: Reading, i: number): number | null => {
  const { tokens } = reading
  const digits = tokens[i + 1] ?? ''
  if (!/^\d+$/u.test(digits)) return null
  reading.hasZone = true
  if (digits.length === 4) return i + 1
  if (tokens[i + 2] === ':') return /^\d+$/u.test(tokens[i + 3] ?? '') ? i + 3 : null
  return digits.length <= 2 ? i + 1 : null
}

/** Minutes with a fraction name seconds as well. */
const setMinutes = ({ time }: Reading, value: number): void => {
  time[1] = Math.trunc(value)
  if (value % 1) time[2] = Math.trunc(60 * (value % 1))
}

const readNumber = (reading: Reading, i: number): number | null => {
  const { tokens, date, time } = reading
  const token = tokens[i]!
  const value = Number(token)
  if (Number.isNaN(value)) return null
  const following = tokens[i + 1]
  const isHourAfterDate =
    date.values.length === 3 && (token.length === 2 || token.length === 4) && time[0] === null
  if (isHourAfterDate && following !== ':' && of(UNITS, following) === null) {
    time[0] = Number(token.slice(0, 2))
    if (token.length === 4) time[1] = Number(token.slice(2))
    return Number.isInteger(time[0]) && Number.isInteger(time[1] ?? 0) ? i : null
  }
  if (token.length === 6 || (token.length > 6 && token.indexOf('.') === 6)) {
    return readSix(reading, token) ? i : null
  }
  if ([8, 12, 14].includes(token.length)) return readCompact(reading, token) ? i : null
  const unit = unitPlace(tokens, i)
  if (unit !== null) return readUnit(reading, { i, unit, value })
  if (following === ':' && tokens[i + 2] !== undefined) return readClock(reading, i)
  if (following === '-' || following === '/' || following === '.') return readSeparated(reading, i)
  return readAlone(reading, i)
}

/** YYMMDD, or HHMMSS after a date or with a fraction. */
const readSix = ({ date, time }: Reading, token: string): boolean => {
  const [a, b, c] = [token.slice(0, 2), token.slice(2, 4), token.slice(4)]
  if (date.values.length === 0 && !token.includes('.')) {
    return addNumber(date, a) && addNumber(date, b) && addNumber(date, c)
  }
  time[0] = Number(a)
  time[1] = Number(b)
  time[2] = Math.trunc(Number(c))
  return /^\d{4}$/u.test(a + b) && !Number.isNaN(time[2])
}

/** YYYYMMDD, with hours and minutes, with seconds. */
const readCompact = ({ date, time }: Reading, token: string): boolean => {
  if (!addNumber(date, token.slice(0, 4), 'year')) return false
  if (!addNumber(date, token.slice(4, 6)) || !addNumber(date, token.slice(6, 8))) return false
  if (token.length > 8) {
    time[0] = Number(token.slice(8, 10))
    time[1] = Number(token.slice(10, 12))
  }
  if (token.length > 12) time[2] = Number(token.slice(12))
  return time.every((part) => part === null || Number.isInteger(part))
}

/** Where the unit of a number stands: behind it, or before it ("h 10" goes on with minutes). */
const unitPlace = (tokens: readonly string[], i: number): number | null => {
  if (of(UNITS, tokens[i + 1]) !== null) return i + 1
  if (tokens[i + 1] === ' ' && of(UNITS, tokens[i + 2]) !== null) return i + 2
  if (of(UNITS, tokens[i - 1]) !== null) return i - 1
  const isLast = i > 1 && i === tokens.length - 1
  return isLast && tokens[i - 1] === ' ' && of(UNITS, tokens[i - 2]) !== null ? i - 2 : null
}

const readUnit = (
  reading: Reading,
  { i, unit, value }: { readonly i: number; readonly unit: number; readonly value: number },
): number => {
  const place = of(UNITS, reading.tokens[unit])! + (unit > i ? 0 : 1)
  if (place === 0) {
    reading.time[0] = Math.trunc(value)
    if (value % 1) reading.time[1] = Math.trunc(60 * (value % 1))
  } else if (place === 1) setMinutes(reading, value)
  else if (place === 2) reading.time[2] = Math.trunc(value)
  return Math.max(i, unit)
}

const readClock = (reading: Reading, i: number): number | null => {
  const { tokens, time } = reading
  const minutes = Number(tokens[i + 2]!.trim() || Number.NaN)
  if (Number.isNaN(minutes)) return null
  time[0] = Math.trunc(Number(tokens[i]))
  setMinutes(reading, minutes)
  if (tokens[i + 3] !== ':' || tokens[i + 4] === undefined) return i + 2
  const seconds = Number(tokens[i + 4]!.trim() || Number.NaN)
  time[2] = Math.trunc(seconds)
  return Number.isNaN(seconds) ? null : i + 4
}

const readSeparated = ({ tokens, date }: Reading, i: number): number | null => {
  const [separator, second] = [tokens[i + 1], tokens[i + 2]]
  if (!addNumber(date, tokens[i]!)) return null
  if (second === undefined || isFiller(second)) return i + 1
  if (!addMonthOrNumber(date, second)) return null
  if (tokens[i + 3] !== separator) return i + 2
  return addMonthOrNumber(date, tokens[i + 4] ?? '') ? i + 4 : null
}

const addMonthOrNumber = (date: DateNumbers, token: string): boolean => {
  const month = of(MONTHS, token)
  return month === null ? addNumber(date, token) : addNumber(date, month + 1, 'month')
}

const readAlone = (reading: Reading, i: number): number | null => {
  const { tokens, date, time } = reading
  const value = Number(tokens[i])
  const following = tokens[i + 1]
  const isFree = following === undefined || isFiller(following)
  const isHour = of(HALVES, isFree ? tokens[i + 2] : following) !== null
  if (isHour && (isFree || value < 24)) {
    time[0] = Math.trunc(value)
    return isFree ? i + 2 : i + 1
  }
  if (isFree) return addNumber(date, value) ? i + 1 : null
  return couldBeDay(date, value) && addNumber(date, value) ? i : null
}
