const scratch = new DataView(new ArrayBuffer(8))

/** A 53-bit hash as two words: the low 32 bits and the high 21 bits. */
export interface HashWords {
  low: number
  high: number
}

/** Hashes a number by its bits into `out`; 0 and -0 are one. */
export const hashNumber = (value: number, out: HashWords): void => {
  scratch.setFloat64(0, value + 0)
  finish(scratch.getUint32(4), scratch.getUint32(0), out)
}

/** Hashes a text by its UTF-16 units into `out` (two interleaved FNV-1a passes, then mixed). */
export const hashText = (text: string, out: HashWords): void => {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit ^ (a >>> 15), 0x5bd1e995)
  }
  finish(a ^ text.length, b, out)
}

/** Two rounds of murmur3's finaliser over both words. */
const finish = (low: number, high: number, out: HashWords): void => {
  let a = mix(low ^ 0x9e3779b9)
  let b = mix(high ^ a)
  a = mix(a ^ Math.imul(b, 0x85ebca6b))
  b = mix(b ^ Math.imul(a, 0xc2b2ae35))
  out.low = a >>> 0
  out.high = b >>> 11
}

const mix = (word: number): number => {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
