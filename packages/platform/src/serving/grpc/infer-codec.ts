import type { InferInputTensor, ModelInferRequest, ModelInferResponse } from './messages.ts'

/** Thrown inside for what only the whole decoder reads. */
const unusual = Symbol('unusual')

const noParameters = {}

/**
 * Reads a ModelInferRequest of the kind that nearly all clients send: texts of ASCII, inputs of a name, a datatype and a
 * shape with their contents raw, and outputs by name. Undefined for every other, whole or not: the decoder that knows all
 * of the protocol takes several times as long.
 */
export function readPlainRequest(bytes: Uint8Array): ModelInferRequest | undefined {
  try {
    return new PlainReader(bytes).request()
  } catch (failure) {
    if (failure === unusual) return undefined
    throw failure
  }
}

class PlainReader {
  readonly #bytes: Uint8Array
  #at = 0
  #end: number
  /** Texts read so far. */
  #texts = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  request(): ModelInferRequest {
    let [model, version, id] = ['', '', '']
    const inputs: InferInputTensor[] = []
    const outputs: ModelInferRequest['outputs'][number][] = []
    const raw: Uint8Array[] = []
    while (this.#at < this.#end) {
      switch (this.#bytes[this.#at++]) {
        case tagOf(1):
          model = this.#text()
          break
        case tagOf(2):
          version = this.#text()
          break
        case tagOf(3):
          id = this.#text()
          break
        case tagOf(5): {
          const outer = this.#enter()
          inputs.push(this.#input())
          this.#end = outer
          break
        }
        case tagOf(6): {
          const outer = this.#enter()
          outputs.push(this.#output())
          this.#end = outer
          break
        }
        case tagOf(7):
          raw.push(this.#content())
          break
        default:
          throw unusual
      }
    }
    return {
      model_name: model,
      model_version: version,
      id,
      parameters: noParameters,
      inputs,
      outputs,
      raw_input_contents: raw,
    }
  }

  #input(): InferInputTensor {
    let [name, datatype] = ['', '']
    const shape: number[] = []
    while (this.#at < this.#end) {
      switch (this.#bytes[this.#at++]) {
        case tagOf(1):
          name = this.#text()
          break
        case tagOf(2):
          datatype = this.#text()
          break
        case tagOf(3): {
          const outer = this.#enter()
          while (this.#at < this.#end) shape.push(this.#number())
          this.#end = outer
          break
        }
        default:
          throw unusual
      }
    }
    return { name, datatype, shape, parameters: noParameters, contents: null }
  }

  #output(): ModelInferRequest['outputs'][number] {
    let name = ''
    while (this.#at < this.#end) {
      if (this.#bytes[this.#at++] !== tagOf(1)) throw unusual
      name = this.#text()
    }
    return { name, parameters: noParameters }
  }

  /** Goes into a nested message, which ends where its length says; answers where the outer one ends. */
  #enter(): number {
    const length = this.#number()
    const outer = this.#end
    const end = this.#at + length
    if (end > outer) throw unusual
    this.#end = end
    return outer
  }

  #content(): Uint8Array {
    const length = this.#number()
    const from = this.#at
    this.#at += length
    if (this.#at > this.#end) throw unusual
    return this.#bytes.subarray(from, this.#at)
  }

  #text(): string {
    const length = this.#number()
    const end = this.#at + length
    if (length > mostText || end > this.#end) throw unusual
    const place = this.#texts++ % seenTexts.length
    const seen = seenTexts[place]!
    if (seen.length === length && this.#holds(seen)) {
      this.#at = end
      return seen
    }
    let text = ''
    for (; this.#at < end; this.#at++) {
      const byte = this.#bytes[this.#at]!
      if (byte > 0x7f) throw unusual
      text += String.fromCharCode(byte)
    }
    seenTexts[place] = text
    return text
  }

  #holds(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false
    }
    return true
  }

  /** A number of at most 28 bits; lengths and sizes beyond are left to the whole decoder. */
  #number(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#at >= this.#end) throw unusual
      const byte = this.#bytes[this.#at++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw unusual
  }
}

const mostText = 128

/** The texts that stood at these places of messages last: clients send the same names again and again. */
const seenTexts = new Array<string>(256).fill('')

/** The tag of a field that has a length, which all of these have. */
const tagOf = <N extends number>(field: N): number => (field << 3) | 2

/** Writes a ModelInferResponse without parameters whose contents are raw; undefined for every other. */
export function writePlainResponse(response: ModelInferResponse): Buffer | undefined {
  const { outputs, raw_output_contents: raw } = response
  if ('parameters' in response || raw.length !== outputs.length) return undefined
  let most = 0
  for (const text of [response.model_name, response.model_version, response.id]) {
    most += mostBytes(text)
  }
  for (const { name, datatype, shape } of outputs) {
    most += 6 + mostBytes(name) + mostBytes(datatype) + 6 + 10 * shape.length
  }
  for (const content of raw) most += 6 + content.length
  const writer = new PlainWriter(most)
  writer.text(1, response.model_name)
  writer.text(2, response.model_version)
  writer.text(3, response.id)
  for (const { name, datatype, shape } of outputs) {
    writer.message(5, () => {
      writer.text(1, name)
      writer.text(2, datatype)
      if (shape.length === 0) return
      writer.message(3, () => {
        for (const size of shape) writer.number(size)
      })
    })
  }
  for (const content of raw) writer.bytes(6, content)
  return writer.written
}

/** UTF-8 takes at most three bytes for each unit of a string. */
const mostBytes = (text: string): number => 6 + 3 * text.length

class PlainWriter {
  readonly #buffer: Buffer
  #at = 0

  constructor(mostBytes: number) {
    this.#buffer = Buffer.allocUnsafe(mostBytes)
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** A number as a varint, up to 2^53. */
  number(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#at++] = rest
  }

  text(field: number, text: string): void {
    this.message(field, () => {
      this.#at += this.#buffer.write(text, this.#at)
    })
  }

  bytes(field: number, content: Uint8Array): void {
    this.#buffer[this.#at++] = tagOf(field)
    this.number(content.length)
    this.#buffer.set(content, this.#at)
    this.#at += content.length
  }

  /** A field whose length is known when its content is written: one byte is left for it, and more are made room for. */
  message(field: number, write: () => void): void {
    this.#buffer[this.#at++] = tagOf(field)
    const head = this.#at++
    write()
    const from = head + 1
    const length = this.#at - from
    let more = 0
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 0x80)) more++
    if (more > 0) this.#buffer.copyWithin(from + more, from, this.#at)
    this.#at = head
    this.number(length)
    this.#at += length
  }
}
