/** Bodies of OTLP: one trace of many spans, as an exporter of an application with a language model sends it. */

const text = (value: string): Uint8Array => Buffer.from(value)

/** A length-delimited field of protocol buffers. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head: number[] = [(number << 3) | 2]
  for (let rest = content.length; ; rest >>>= 7) {
    head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return Buffer.concat([Uint8Array.from(head), content])
}

function time(number: number, nanoseconds: bigint): Uint8Array {
  const bytes = Buffer.alloc(9)
  bytes[0] = (number << 3) | 1
  bytes.writeBigUInt64LE(nanoseconds, 1)
  return bytes
}

const attribute = (key: string, value: string): Uint8Array =>
  field(9, Buffer.concat([field(1, text(key)), field(2, field(1, text(value)))]))

const traceMark = Buffer.from('a1b2c3d4e5f60718293a4b5c6d7e8f90', 'hex')
const begin = 1_767_225_600_000_000_000n

function spanId(index: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(index + 1, 4)
  return bytes
}

const span = (index: number): Uint8Array =>
  Buffer.concat([
    field(1, traceMark),
    field(2, spanId(index)),
    ...(index === 0 ? [] : [field(4, spanId(Math.floor((index - 1) / 4)))]),
    field(5, text(`step ${index % 10}`)),
    time(7, begin + BigInt(index) * 1_000_000n),
    time(8, begin + BigInt(index + 50) * 1_000_000n),
    attribute('mlflow.spanType', index % 5 === 0 ? 'LLM' : 'TOOL'),
    attribute(
      'mlflow.spanInputs',
      `{"question": "what is step ${index} about, and why is it here?"}`,
    ),
    attribute(
      'mlflow.spanOutputs',
      `{"answer": "it is number ${index} of the steps of this trace"}`,
    ),
    ...Array.from({ length: 6 }, (_, at) =>
      attribute(`app.detail.${at}`, `some text of detail ${at}`),
    ),
    field(15, Uint8Array.from([0x18, 1])),
  ])

/** The body of a trace; each call of `next` gives it another id, in place. */
export function traceBodies(spans: number): { readonly next: (number: number) => Uint8Array } {
  const scope = Buffer.concat(Array.from({ length: spans }, (_, index) => field(2, span(index))))
  const body = Buffer.from(field(1, field(2, scope)))
  const places: number[] = []
  for (let at = body.indexOf(traceMark); at >= 0; at = body.indexOf(traceMark, at + 1))
    places.push(at)
  return {
    next(number) {
      for (const place of places) {
        body.writeUInt32BE(Math.floor(number / 2 ** 32) + 1, place)
        body.writeUInt32BE(number >>> 0, place + 12)
      }
      return body
    },
  }
}
