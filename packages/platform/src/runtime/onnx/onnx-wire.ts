/** What is wrong with a message. */
export class WireError extends Error {}

/** Told each field with its content: bytes, or the number of a varint. */
export type Visitor = (field: number, content: Uint8Array | number) => void

/** Reads one level of a protocol-buffers message. @throws WireError */
export function eachField(bytes: Uint8Array, visit: Visitor): void {
  let at = 0
  const varint = (): number => {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++]
      if (byte === undefined) throw new WireError('it ends in the middle of a field')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new WireError('a number in it is longer than 64 bits')
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    if (field === 0) throw new WireError('it is not a protocol-buffers message')
    switch (tag % 8) {
      case 0:
        visit(field, varint())
        break
      case 1:
        at += 8
        break
      case 2: {
        const end = varint() + at
        if (end > bytes.length) throw new WireError('a field is longer than the file')
        visit(field, bytes.subarray(at, end))
        at = end
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new WireError('it is not a protocol-buffers message')
    }
    if (at > bytes.length) throw new WireError('it ends in the middle of a field')
  }
}

export const textOf = (content: Uint8Array | number): string =>
  typeof content === 'number' ? '' : Buffer.from(content).toString('utf8')

/** Collects the nested messages that stand under the given field numbers. */
export function nested(bytes: Uint8Array, ...fields: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = []
  eachField(bytes, (field, content) => {
    if (fields.includes(field) && typeof content !== 'number') found.push(content)
  })
  return found
}
