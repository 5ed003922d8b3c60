import { GraphBuilder } from '@kaizen/ml'
import { describe, expect, it } from 'vitest'
import { findOnnxProblem } from './onnx-file.ts'

function doubling(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  graph.output(graph.add('Add', [x, x]), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('doubling', {})
}

/** A length-delimited field of a protocol-buffers message shorter than 128 bytes. */
const field = (number: number, content: Uint8Array | string): Uint8Array => {
  const body = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([Buffer.from([number * 8 + 2, body.length]), body])
}
const message = (...fields: Uint8Array[]): Uint8Array => Buffer.concat(fields)
const operatorSet = field(8, Buffer.from([0x10, 21]))

describe('findOnnxProblem', () => {
  it('has nothing against a plain model', () => {
    expect(findOnnxProblem(doubling())).toBeUndefined()
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('this is not a model, it is a sentence')],
    ['a zip archive', Buffer.from('PK\u0003\u0004 and so on')],
    ['a model cut off', doubling().subarray(0, 60)],
    ['a message without a graph', field(2, 'kaizen')],
    ['a length beyond the file', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0x7f])],
  ])('refuses %s', (_name, bytes) => {
    expect(findOnnxProblem(bytes)?.message).toMatch(/not an ONNX model/)
  })

  it('refuses tensors in other files, also inside a nested graph', () => {
    const external = message(field(13, field(1, 'location')), Buffer.from([0x70, 1]))
    const graph = field(5, external)
    expect(findOnnxProblem(message(field(7, graph), operatorSet))?.message).toMatch(/external data/)
    const node = field(5, field(6, graph))
    expect(findOnnxProblem(message(field(7, field(1, node)), operatorSet))?.message).toMatch(
      /external data/,
    )
  })

  it('refuses operators of an unknown domain by name', () => {
    const node = message(field(4, 'Shell'), field(7, 'evil.example'))
    const problem = findOnnxProblem(message(field(7, field(1, node)), operatorSet))
    expect(problem?.message).toMatch(/Shell.*evil\.example/)
    expect(problem?.hint).toMatch(/standard ONNX operators/)
  })
})
