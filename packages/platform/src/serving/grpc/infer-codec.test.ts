import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readPlainRequest, writePlainResponse } from './infer-codec.ts'
import type { ModelInferResponse } from './messages.ts'

interface Method {
  readonly requestSerialize: (value: object) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => ReturnType<typeof readPlainRequest>
  readonly responseSerialize: (value: object) => Buffer
}

/** The whole codec, as the server uses it. */
const whole = (
  loadSync(fileURLToPath(new URL('./open-inference.proto', import.meta.url)), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  })['inference.GRPCInferenceService'] as unknown as { readonly ModelInfer: Method }
).ModelInfer

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 20 })
const size = fc.nat({ max: 2 ** 28 - 1 })
const bytes = fc.uint8Array({ maxLength: 300 })
const requests = fc.record({
  model_name: ascii,
  model_version: ascii,
  id: ascii,
  inputs: fc.array(
    fc.record({ name: ascii, datatype: ascii, shape: fc.array(size, { maxLength: 4 }) }),
    { maxLength: 5 },
  ),
  outputs: fc.array(fc.record({ name: ascii }), { maxLength: 3 }),
  raw_input_contents: fc.array(bytes, { maxLength: 5 }),
})

/** Sizes as numbers and contents as plain bytes, in whatever form they came. */
const comparable = (request: ReturnType<typeof readPlainRequest>) =>
  request && {
    ...request,
    inputs: request.inputs.map((input) => ({ ...input, shape: input.shape.map(Number) })),
    raw_input_contents: request.raw_input_contents.map((content) => [...content]),
  }

it('reads what clients usually send as the whole decoder does', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const wire = whole.requestSerialize(request)
      const read = readPlainRequest(wire)
      expect(read).toBeDefined()
      expect(comparable(read)).toEqual(comparable(whole.requestDeserialize(wire)))
    }),
  )
})

it('leaves to the whole decoder what it does not know, and what is not whole', () => {
  const input = { name: 'x', datatype: 'FP32', shape: [1] }
  const plain = { model_name: 'm', inputs: [input], raw_input_contents: [Buffer.alloc(4)] }
  const unusual = [
    { ...plain, model_name: 'modèle' },
    { ...plain, id: 'i'.repeat(200) },
    { ...plain, parameters: { explain: { string_param: 'shap' } } },
    { ...plain, inputs: [{ ...input, parameters: { a: { bool_param: true } } }] },
    { ...plain, inputs: [{ ...input, contents: { fp32_contents: [1] } }] },
    { ...plain, inputs: [{ ...input, shape: [-1] }] },
    { ...plain, inputs: [{ ...input, shape: [2 ** 40] }] },
    { ...plain, outputs: [{ name: 'y', parameters: { binary_data: { bool_param: true } } }] },
  ]
  for (const request of unusual) {
    expect(readPlainRequest(whole.requestSerialize(request))).toBeUndefined()
  }
  const wire = whole.requestSerialize(plain)
  expect(readPlainRequest(wire)).toBeDefined()
  // The length of the input reaches beyond it, or beyond the message.
  for (const length of [wire[4]! + 1, 127]) {
    expect(readPlainRequest(Buffer.from(wire).fill(length, 4, 5))).toBeUndefined()
  }
  for (let end = 1; end < wire.length; end++) {
    const cut = wire.subarray(0, end)
    const read = readPlainRequest(cut)
    if (read) expect(comparable(read)).toEqual(comparable(whole.requestDeserialize(cut)))
  }
})

it('writes answers byte for byte as the whole encoder does', () => {
  const text = fc.string({ unit: 'binary', maxLength: 50 })
  const output = fc.record({
    name: text,
    datatype: fc.constantFrom('FP32', 'BYTES'),
    shape: fc.array(fc.nat({ max: 2 ** 40 }), { maxLength: 30 }),
  })
  const responses = fc
    .record({
      model_name: text,
      model_version: text,
      id: text,
      outputs: fc.array(fc.tuple(output, bytes), { maxLength: 4 }),
    })
    .map(({ outputs, ...head }) => ({
      ...head,
      outputs: outputs.map(([described]) => described),
      raw_output_contents: outputs.map(([, content]) => content),
    }))
  fc.assert(
    fc.property(responses, (response: ModelInferResponse) => {
      const written = writePlainResponse(response)
      expect(written?.equals(whole.responseSerialize(response))).toBe(true)
    }),
    { numRuns: 40 },
  )
  const typed = {
    ...fc.sample(responses, 1)[0]!,
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
  }
  expect(writePlainResponse({ ...typed, raw_output_contents: [] })).toBeUndefined()
})
