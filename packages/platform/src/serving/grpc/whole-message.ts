import { eachField } from '../../runtime/index.ts'

type Kind = 'request' | 'input' | 'output' | 'entry' | 'leaf'

/** Fields of ModelInferRequest that hold messages, by the kind of message that holds them. */
const inside: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  request: { 4: 'entry', 5: 'input', 6: 'output' },
  input: { 4: 'entry', 5: 'leaf' },
  output: { 2: 'entry' },
  entry: { 2: 'leaf' },
  leaf: {},
}

/**
 * Refuses a ModelInferRequest with a field that is longer than the message that holds it: the decoder would end such a
 * text where the bytes end, or read on into the next field. @throws Error
 */
export function assertWhole(bytes: Uint8Array, kind: Kind = 'request'): void {
  const held = inside[kind]
  eachField(bytes, (field, content) => {
    const next = held[field]
    if (next !== undefined && typeof content !== 'number') assertWhole(content, next)
  })
}
