import { describe, expect, it } from 'vitest'
import { describeMlModel } from './ml-model.ts'

const text = (signature: string, flavor = 'loader_module: mlflow.pyfunc.model'): string =>
  `flavors:\n  python_function:\n    ${flavor}\n${signature}`
const inputs = (columns: unknown): string =>
  text(`signature:\n  inputs: '${JSON.stringify(columns)}'\n  outputs: '[{"type": "long"}]'\n`)

describe('an MLmodel file', () => {
  it('makes a tensor of each column, under its name', () => {
    const columns = ['double', 'long', 'integer', 'float', 'boolean', 'string', 'datetime']
    const described = describeMlModel(inputs(columns.map((type) => ({ type, name: type }))))
    expect(described.inputs.map(({ name, datatype, kind }) => [name, datatype, kind])).toEqual([
      ['double', 'FP64', 'plain'],
      ['long', 'INT64', 'plain'],
      ['integer', 'INT32', 'plain'],
      ['float', 'FP32', 'plain'],
      ['boolean', 'BOOL', 'plain'],
      ['string', 'BYTES', 'plain'],
      ['datetime', 'BYTES', 'datetime'],
    ])
    expect(described.plan).toEqual({ kind: 'mlflow', code: [], form: 'columns' })
    expect(described.outputs).toEqual([
      { name: 'predictions', datatype: 'INT64', shape: [-1, 1], kind: 'plain' },
    ])
  })

  it('takes one tensor without a name as the matrix, several by name', () => {
    const spec = { dtype: 'uint8', shape: [-1, 2, 3] }
    const alone = describeMlModel(inputs([{ type: 'tensor', 'tensor-spec': spec }]))
    expect(alone.plan.form).toBe('matrix')
    expect(alone.inputs).toEqual([
      { name: 'inputs', datatype: 'UINT8', shape: [-1, 2, 3], kind: 'plain' },
    ])
    const named = describeMlModel(inputs([{ type: 'tensor', name: 'x', 'tensor-spec': spec }]))
    expect(named.plan.form).toBe('tensors')
  })

  it.each([
    ['no YAML', 'a: [', 'YAML'],
    ['no flavors', 'a: 1', 'flavors'],
    ['another flavor alone', 'flavors:\n  onnx:\n    data: model.onnx\n', 'python_function'],
    ['no signature', text(''), 'no inputs'],
    ['a signature that is no JSON', text("signature:\n  inputs: 'x'\n  outputs: 'y'"), 'JSON'],
    ['a nested column', inputs([{ type: 'object', name: 'a', properties: {} }]), 'object'],
    ['a type by a strange name', inputs([{ type: 'constructor', name: 'a' }]), 'constructor'],
    ['bytes', inputs([{ type: 'binary', name: 'a' }]), 'binary'],
    [
      'complex numbers',
      inputs([{ type: 'tensor', 'tensor-spec': { dtype: 'complex64', shape: [-1] } }]),
      'complex64',
    ],
    [
      'a name twice',
      inputs([
        { type: 'long', name: 'a' },
        { type: 'long', name: 'a' },
      ]),
      'twice',
    ],
    [
      'files elsewhere',
      text(
        'signature:\n  inputs: \'[{"type":"long"}]\'\n  outputs: \'[{"type":"long"}]\'',
        'loader_module: mine\n    data: ../../secret',
      ),
      'outside',
    ],
  ])('is refused with %s', (_what, content, said) => {
    expect(() => describeMlModel(content)).toThrow(said)
  })
})
