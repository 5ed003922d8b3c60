import { GraphBuilder } from '@kaizen/ml/onnx'
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

describe('constants that would exhaust memory', () => {
  const varint = (value: number): number[] =>
    value < 0x80 ? [value] : [(value % 128) | 0x80, ...varint(Math.floor(value / 128))]
  const dims = (...sizes: number[]): Uint8Array => field(1, Buffer.from(sizes.flatMap(varint)))
  const of = (...parts: Uint8Array[]): Uint8Array =>
    message(field(7, message(...parts)), operatorSet)
  const tensor = (name: string, ...parts: Uint8Array[]): Uint8Array =>
    field(5, message(...parts, field(8, name)))

  it('refuses a tensor that claims more than it holds', () => {
    const claim = tensor('w', dims(1e6, 1e6), field(9, Buffer.alloc(4)))
    expect(findOnnxProblem(of(claim))?.message).toMatch(/"w" claims the shape \[1000000, 1000000\]/)
    expect(findOnnxProblem(of(tensor('w', dims(1), field(9, Buffer.alloc(4)))))).toBeUndefined()
  })

  it.each([
    ['ConstantOfShape', 0],
    ['Expand', 1],
    ['Tile', 1],
  ])('refuses %s to a constant size beyond memory', (operator, place) => {
    const size = (elements: bigint): Uint8Array => {
      const raw = Buffer.alloc(8)
      raw.writeBigInt64LE(elements)
      return tensor('size', dims(1), Buffer.from([0x10, 7]), field(9, raw))
    }
    const names = place === 0 ? ['size'] : ['x', 'size']
    const node = field(1, message(...names.map((name) => field(1, name)), field(4, operator)))
    expect(findOnnxProblem(of(node, size(3_000_000_000n)))?.message).toMatch(
      new RegExp(`${operator} would make a constant of 3000000000 elements`),
    )
    expect(findOnnxProblem(of(node, size(100n)))).toBeUndefined()
  })
})
