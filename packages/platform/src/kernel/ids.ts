import { randomFillSync, randomUUID } from 'node:crypto'

declare const brand: unique symbol
/** A string that only its own constructor makes. */
export type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Makes identifiers; injected so that tests and replays can repeat them. */
export interface Ids {
  /** `<prefix>_<26 characters>`, sorted by time of creation within a process. */
  next(prefix: string): string
  /** 32 lower-case hexadecimal characters, as the field's tools expect of a run id. */
  hex32(): string
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const letters = Buffer.from(alphabet, 'latin1')
const timeDigits = 10
const randomDigits = 16
/** Random bytes are drawn for many identifiers at once: asking the system costs more than all the rest. */
const drawnAtOnce = 256

function encodeTime(ms: number): string {
  let text = ''
  for (let rest = ms; text.length < timeDigits; rest = Math.floor(rest / 32)) {
    text = alphabet[rest % 32] + text
  }
  return text
}

/** ULID-like identifiers: 48 bits of milliseconds, then 79 bits that are random and rise within a millisecond. */
export function randomIds(nowMs: () => number = Date.now): Ids {
  const pool = Buffer.alloc(randomDigits * drawnAtOnce)
  const digits = new Uint8Array(randomDigits)
  const text = Buffer.alloc(randomDigits)
  let lastMs = -1
  let time = ''
  let drawn = pool.length
  const draw = (): void => {
    if (drawn === pool.length) {
      randomFillSync(pool)
      drawn = 0
    }
    for (let i = 0; i < randomDigits; i++) digits[i] = pool[drawn + i]! & 31
    // Room to rise.
    digits[0] = digits[0]! & 15
    drawn += randomDigits
  }
  const rise = (): void => {
    for (let i = randomDigits - 1; i >= 0; i--) {
      digits[i] = (digits[i]! + 1) & 31
      if (digits[i] !== 0) return
    }
  }
  return {
    next(prefix) {
      const ms = Math.max(nowMs(), lastMs)
      if (ms === lastMs) rise()
      else {
        lastMs = ms
        time = encodeTime(ms)
        draw()
      }
      for (let i = 0; i < randomDigits; i++) text[i] = letters[digits[i]!]!
      return `${prefix}_${time}${text.toString('latin1')}`
    },
    hex32: () => randomUUID().replaceAll('-', ''),
  }
}
