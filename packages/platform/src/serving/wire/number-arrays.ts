import { nearestDouble } from './decimal.ts'

/** Numbers of a JSON array as they stand, and the lengths of its lists: one, or rows and their width. */
export interface NumberArray {
  readonly values: Float64Array
  readonly dims: readonly [number] | readonly [number, number]
}

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const opening = 0x5b
const backslash = 0x5c
const closing = 0x5d
// As distances from the digit 0, like the digits themselves.
const dot = 0x2e - zero
const capital = 0x45 - zero
const small = 0x65 - zero

/**
 * Reads a flat array of numbers, or one of rows of equal length, at a place in JSON text. Undefined where there is
 * anything else in it, or an integer that a double does not hold: the plain parser then sees the whole.
 */
export function readNumberArray(
  text: Uint8Array,
  start: number,
): { readonly array: NumberArray; readonly end: number } | undefined {
  const reader = new NumberReader(text, start + 1)
  reader.skipSpace()
  if (text[reader.at] !== opening) {
    if (!reader.list()) return undefined
    const values = reader.values
    return { array: { values, dims: [values.length] }, end: reader.at }
  }
  let rows = 0
  let width = -1
  for (;;) {
    if (text[reader.at] !== opening) return undefined
    reader.at++
    const before = reader.length
    if (!reader.list()) return undefined
    const found = reader.length - before
    if (width >= 0 && width !== found) return undefined
    width = found
    rows++
    reader.skipSpace()
    const next = text[reader.at++]
    if (next === closing) break
    if (next !== comma) return undefined
    reader.skipSpace()
  }
  return { array: { values: reader.values, dims: [rows, width] }, end: reader.at }
}

/** Where a string ends, behind its closing quote; undefined where it does not. */
export function endOfString(text: Uint8Array, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    const byte = text[at]
    if (byte === backslash) at++
    else if (byte === quote) return at + 1
  }
  return undefined
}

class NumberReader {
  readonly #text: Uint8Array
  #values = new Float64Array(1024)
  at: number
  length = 0

  constructor(text: Uint8Array, at: number) {
    this.#text = text
    this.at = at
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length)
  }

  skipSpace(): void {
    while (isSpace(this.#text[this.at]!)) this.at++
  }

  /** Numbers up to the bracket that closes their list; false where there is anything else. */
  list(): boolean {
    this.skipSpace()
    if (this.#text[this.at] === closing) {
      this.at++
      return true
    }
    for (;;) {
      if (this.length === this.#values.length) {
        const grown = new Float64Array(2 * this.length)
        grown.set(this.#values)
        this.#values = grown
      }
      if (!this.#number()) return false
      this.skipSpace()
      const next = this.#text[this.at++]
      if (next === closing) return true
      if (next !== comma) return false
      this.skipSpace()
    }
  }

  /** Adds one number by the grammar of JSON; false where there is none. Its first nine digits and the next nine are gathered as small integers. */
  #number(): boolean {
    const text = this.#text
    const negative = text[this.at] === minus
    const from = negative ? this.at + 1 : this.at
    let at = from
    let high = 0
    let low = 0
    let digits = 0
    let byte = text[at]! - zero
    for (; byte >= 0 && byte <= 9; byte = text[++at]! - zero) {
      if (digits < 9) high = (high * 10 + byte) | 0
      else if (digits < 18) low = (low * 10 + byte) | 0
      if (digits > 0 || byte > 0) digits++
    }
    const whole = at
    if (whole === from || (text[from] === zero && whole > from + 1)) return false
    let exponent = 0
    if (byte === dot) {
      byte = text[++at]! - zero
      // Zeros before the first digit only move the point.
      if (digits === 0) while (byte === 0) byte = text[++at]! - zero
      for (; digits < 9 && byte >= 0 && byte <= 9; byte = text[++at]! - zero) {
        high = (high * 10 + byte) | 0
        digits++
      }
      for (; digits < 18 && byte >= 0 && byte <= 9; byte = text[++at]! - zero) {
        low = (low * 10 + byte) | 0
        digits++
      }
      for (; byte >= 0 && byte <= 9; byte = text[++at]! - zero) digits++
      exponent = whole + 1 - at
      if (exponent === 0) return false
    }
    if (byte === small || byte === capital) {
      const power = readPower(text, at + 1)
      if (!power) return false
      exponent += power.value
      at = power.end
    } else if (at === whole && digits > 15) return false
    this.at = at
    let value = digits <= 18 ? nearestDouble(high, low, digits > 9 ? digits - 9 : 0, exponent) : NaN
    if (Number.isNaN(value)) value = Number(String.fromCharCode(...text.subarray(from, at)))
    if (value === Number.POSITIVE_INFINITY) return false
    this.#values[this.length++] = negative ? -value : value
    return true
  }
}

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** The exponent of a number, behind its letter. */
function readPower(
  text: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  const sign = text[start] === minus ? -1 : 1
  let at = sign < 0 || text[start] === 0x2b ? start + 1 : start
  const from = at
  let value = 0
  for (; at < from + 5; at++) {
    const digit = text[at]! - zero
    if (!(digit >= 0 && digit <= 9)) break
    value = value * 10 + digit
  }
  return at === from || at === from + 5 ? undefined : { value: sign * value, end: at }
}
