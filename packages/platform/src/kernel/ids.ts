import { randomBytes, randomUUID } from 'node:crypto'

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

function encode(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let i = 0; i < length; i++) {
    text = alphabet[Number(rest & 31n)] + text
    rest >>= 5n
  }
  return text
}

/** ULID-like identifiers: 48 bits of milliseconds, then 80 bits that are random and rise within a millisecond. */
export function randomIds(nowMs: () => number = Date.now): Ids {
  let lastMs = 0
  let lastRandom = 0n
  return {
    next(prefix) {
      const ms = Math.max(nowMs(), lastMs)
      lastRandom =
        ms === lastMs ? lastRandom + 1n : BigInt(`0x${randomBytes(10).toString('hex')}`) >> 1n
      lastMs = ms
      return `${prefix}_${encode(BigInt(ms), 10)}${encode(lastRandom, 16)}`
    },
    hex32: () => randomUUID().replaceAll('-', ''),
  }
}
