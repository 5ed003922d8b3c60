import { daysOfMonth } from './strftime.ts'

const WORDS =
  /^(?:(?<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|am|pm|a|p|t|z|utc|gmt|st|nd|rd|th|of|and|at|on|ad|m|h|s|hours?|minutes?|seconds?)$/iu
const TIME = /\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?/u
const OFFSET = /(?<=\d|\s|z)[+-]\d{2}:?(?:\d{2})?$/iu
const MONTH_NAMES = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
]

/** Whether a text can be read as a date or time in the free forms that people use. */
export const isParseableDate = (text: string): boolean => {
  const time = TIME.exec(text)
  if (time && !isTime(time[0])) return false
  const rest = text.replace(TIME, ' ').trim()
  const date = time ? rest.replace(OFFSET, ' ') : rest
  const tokens = date.match(/\d+(?:\.\d+)?(?=[a-z])|\d+|[a-z]+|[^\s\da-z]/giu) ?? []
  let month = 0
  const numbers: string[] = []
  for (const token of tokens) {
    if (/^\d/u.test(token)) numbers.push(token)
    else if (/^[a-z]/iu.test(token)) {
      const word = WORDS.exec(token)
      if (!word) return false
      const name = word.groups?.['month']
      if (name) month = MONTH_NAMES.indexOf(name.toLowerCase().slice(0, 3)) + 1
    } else if (!/^[-/.,:;()]$/u.test(token)) return false
  }
  if (numbers.length === 0) return month > 0 || time !== null
  return isDate(numbers, month)
}

const isTime = (text: string): boolean => {
  const [hour, minute, second] = text.split(':').map((part) => Number(part.replace(',', '.')))
  return hour! < 24 && minute! < 60 && (second ?? 0) < 60
}

const isDate = (numbers: readonly string[], month: number): boolean => {
  if (numbers.length === 1 && month === 0) return isCompact(numbers[0]!)
  if (numbers.length + (month > 0 ? 1 : 0) > 3) return false
  const values = numbers.map(Number)
  const exists = (year: number, m: number, day: number) =>
    m >= 1 && m <= 12 && day >= 1 && day <= daysOfMonth(year, m)
  if (month > 0) {
    if (values.length === 1) return values[0]! <= 31 || numbers[0]!.length === 4
    const [a, b] = values as [number, number]
    return exists(b, month, a) || exists(a, month, b)
  }
  if (values.length === 2) {
    const [a, b] = values as [number, number]
    return exists(2000, a, b) || exists(2000, b, a) || (a <= 12 && b > 31) || (b <= 12 && a > 31)
  }
  const [a, b, c] = values as [number, number, number]
  if (numbers[0]!.length > 2 || a > 31) return exists(a, b, c) || exists(a, c, b)
  return exists(c, a, b) || exists(c, b, a)
}

/** Digits in one piece: a day, a year, or YYMMDD, YYYYMMDD and so on with a time. */
const isCompact = (digits: string): boolean => {
  const value = Number(digits)
  if (digits.length <= 2) return value >= 0 && value <= 99
  if (digits.length === 4) return value >= 1
  if (digits.length === 6 || ![8, 12, 14].includes(digits.length)) {
    return digits.length === 6 && monthAndDay(2000 + value, digits.slice(2))
  }
  return monthAndDay(Number(digits.slice(0, 4)), digits.slice(4, 8))
}

const monthAndDay = (year: number, digits: string): boolean => {
  const [month, day] = [Number(digits.slice(0, 2)), Number(digits.slice(2, 4))]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month)
}
