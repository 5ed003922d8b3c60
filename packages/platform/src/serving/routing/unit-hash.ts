/** FNV-1a over UTF-16 units; goes on from an earlier hash. */
export function textHash(text: string, from = 0x811c9dc5): number {
  let hash = from
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** The finishing mixer of MurmurHash3, so that texts that differ in one digit land far apart; in [0, 1). */
export function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

/** A number in [0, 1) from text, always the same for the same text and evenly spread. */
export const unitHash = (text: string): number => spread(textHash(text))
