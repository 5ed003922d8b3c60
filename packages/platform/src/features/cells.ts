import { type Feature, type JsonValue, KaizenError } from '@kaizen/contracts'
import type { JoinKey } from './model.ts'

/** Join keys as one text: no two different keys share it, whatever characters they hold. */
export const keyText = (parts: readonly string[]): string => JSON.stringify(parts)

const integerText = /^-?(?:0|[1-9]\d{0,18})$/
const mostInteger = 2n ** 63n - 1n
const leastInteger = -(2n ** 63n)

/** A 64-bit integer as text, exactly; undefined for what is none. */
function integerOf(value: JsonValue): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value || 0) : undefined
  if (typeof value !== 'string' || !integerText.test(value)) return undefined
  const exact = BigInt(value)
  return exact >= leastInteger && exact <= mostInteger ? String(exact) : undefined
}

/** The text of one join key; null where there is none. @throws INVALID_REQUEST for another type */
export function keyPart(value: JsonValue, { name, type }: JoinKey): string | null {
  if (value === null) return null
  if (type === 'string') {
    if (typeof value === 'string') return value
    throw invalid(`"${name}"`, `${show(value)} is not text`)
  }
  const text = integerOf(value)
  if (text !== undefined) return text
  const inexact = typeof value === 'number' && Number.isInteger(value)
  throw new KaizenError('INVALID_REQUEST', `"${name}": ${show(value)} is not an exact integer`, {
    ...(inexact ? { hint: 'Send integers beyond 2^53 as text.' } : {}),
  })
}

const infinities: Readonly<Record<string, string>> = {
  nan: 'NaN',
  inf: 'Infinity',
  '-inf': '-Infinity',
}

/** A value that the lake wrote as text, as it travels. */
export function cellOfText(text: string | null, type: Feature['type']): JsonValue {
  if (text === null) return null
  switch (type) {
    case 'boolean':
      return text === 'true'
    case 'integer': {
      const number = Number(text)
      return Number.isSafeInteger(number) ? number : text
    }
    case 'number':
      return infinities[text] ?? Number(text)
    case 'timestamp': {
      const us = microsecondsOf(text)
      return us === undefined ? text : timeText(us)
    }
    case 'string':
    case 'date':
      return text
  }
}

/** A value that somebody sent, as it travels. @throws INVALID_REQUEST for another type */
export function cellOf(value: JsonValue | undefined, { name, type }: Feature): JsonValue {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'boolean':
    case 'string':
      if (typeof value === type) return value
      break
    case 'number':
      if (typeof value === 'number') return value
      if (typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value)) return value
      break
    case 'integer': {
      const text = integerOf(value)
      if (text !== undefined) return Number.isSafeInteger(Number(text)) ? Number(text) : text
      break
    }
    case 'date':
      if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && isDateText(value))
        return value
      break
    case 'timestamp': {
      const us = microsecondsOf(value)
      if (us !== undefined) return timeText(us)
    }
  }
  throw invalid(`"${name}"`, `${show(value)} is not of the type ${type}`)
}

/** Microseconds of times that are still dates: years 1 to 9999. */
const leastUs = -62_135_596_800_000_000
const mostUs = 253_402_300_799_000_000

const timePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/** A time in microseconds: RFC 3339, without a zone UTC; a number is milliseconds. Undefined for what is no time. */
export function microsecondsOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') {
    const us = Math.round(value * 1000)
    return Number.isFinite(us) && us >= leastUs && us <= mostUs ? us : undefined
  }
  const match = typeof value === 'string' ? timePattern.exec(value) : null
  if (!match) return undefined
  const [, day, clock = '00:00', fraction = '', zone = 'Z'] = match
  if (!isDateText(day!)) return undefined
  const offset = /^[+-]\d{2}$/.test(zone)
    ? `${zone}:00`
    : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')
  const ms = Date.parse(`${day}T${clock}${offset.toUpperCase()}`)
  if (Number.isNaN(ms)) return undefined
  return ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

function isDateText(day: string): boolean {
  const time = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day)
}

/** RFC 3339 in UTC with 0, 3 or 6 digits of a second, as protocol buffers write times. */
export function timeText(us: number): string {
  const ms = Math.floor(us / 1000)
  const seconds = new Date(ms).toISOString().slice(0, 19)
  const fraction = us - Math.floor(us / 1_000_000) * 1_000_000
  if (fraction === 0) return `${seconds}Z`
  const digits = String(fraction).padStart(6, '0')
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}

const show = (value: JsonValue): string => {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

export const invalid = (where: string, problem: string, hint?: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${where}: ${problem}`, hint === undefined ? {} : { hint })
