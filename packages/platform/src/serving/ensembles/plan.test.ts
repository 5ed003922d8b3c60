import { ensembleDeclaration, type ModelSignature } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { planEnsemble } from './plan.ts'

const signature = (
  inputs: Readonly<Record<string, readonly [string, number[]]>>,
  outputs: Readonly<Record<string, readonly [string, number[]]>>,
): ModelSignature => {
  const specs = (of: typeof inputs) =>
    Object.entries(of).map(([name, [datatype, shape]]) => ({ name, datatype, shape }))
  return { inputs: specs(inputs), outputs: specs(outputs) }
}
const scorer = signature({ x: ['FP32', [-1, 4]] }, { p: ['FP32', [-1, 1]], label: ['INT64', [-1]] })
const wide = signature({ x: ['FP64', [-1, 4]] }, { p: ['FP64', [-1]] })

const plan = (
  nodes: Record<string, unknown>,
  outputs: Record<string, string>,
  inputs: Record<string, unknown> = {},
) => {
  const declaration = ensembleDeclaration.parse({ name: 'risk', inputs, nodes, outputs })
  const members = Object.fromEntries(
    Object.entries(declaration.nodes).flatMap(([name, node]) =>
      node.kind === 'model' ? [[name, node.model === 'wide' ? wide : scorer]] : [],
    ),
  )
  return planEnsemble(declaration, members)
}
const model = (inputs?: Record<string, string>, of = 'scorer') => ({
  kind: 'model',
  model: of,
  ...(inputs && { inputs }),
})
const step = (taken: unknown, made: unknown, inputs: unknown = {}) => ({
  kind: 'step',
  language: 'python',
  module: 'a.py',
  export: 'f',
  codeDigest: 'a'.repeat(64),
  in: taken,
  out: made,
  inputs,
})

describe('the plan of an ensemble', () => {
  it('finds types of inputs and outputs, and an order, from what members take and answer', () => {
    const made = plan(
      {
        mean: { kind: 'average', of: ['one.p', 'two.p'], weights: [2, 1] },
        one: model({ x: 'clean.x' }),
        two: model({ x: 'clean.x' }),
        clean: step(
          { raw: { datatype: 'FP32', shape: [-1, 6] } },
          { x: { datatype: 'FP32', shape: [-1, 4] } },
        ),
      },
      { score: 'mean' },
    )
    expect(made.nodes.map(({ name }) => name)).toEqual(['clean', 'one', 'two', 'mean'])
    expect(made.signature).toEqual({
      inputs: [{ name: 'raw', datatype: 'FP32', shape: [-1, 6] }],
      outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }],
    })
  })

  it('types what combines: means widen, votes keep labels, columns add up, parts are cut, cases choose', () => {
    const made = plan(
      {
        one: model({ x: 'parts.left' }),
        parts: { kind: 'split', of: 'input.all', parts: { left: [0, 1, 2, 3], rest: [4] } },
        mean: { kind: 'average', of: ['one.p', 'input.prior'] },
        vote: { kind: 'vote', of: ['one.label', 'input.label'] },
        side: { kind: 'concatenate', of: ['one.p', 'parts.rest'] },
        pick: {
          kind: 'select',
          by: 'input.kind',
          otherwise: 'one.p',
          cases: [{ is: 'premium', take: 'parts.rest' }],
        },
      },
      { mean: 'mean', vote: 'vote.value', share: 'vote.share', side: 'side', pick: 'pick' },
      {
        all: { datatype: 'FP32', shape: [-1, 5] },
        prior: { datatype: 'FP64', shape: [-1] },
        label: { datatype: 'INT64', shape: [-1, 1] },
        kind: { datatype: 'BYTES', shape: [-1, 1] },
      },
    )
    const types = made.signature.outputs.map(({ name, datatype, shape }) => [name, datatype, shape])
    expect(types).toEqual([
      ['mean', 'FP64', [-1, 1]],
      ['vote', 'INT64', [-1]],
      ['share', 'FP32', [-1]],
      ['side', 'FP32', [-1, 2]],
      ['pick', 'FP32', [-1, 1]],
    ])
  })

  const refused: readonly (readonly [
    what: string,
    said: string,
    nodes: Record<string, unknown>,
    outputs: Record<string, string>,
    inputs?: Record<string, unknown>,
  ])[] = [
    [
      'a circle',
      'it waits for itself: a → b → a',
      {
        a: step(
          { x: { datatype: 'FP32', shape: [-1] } },
          { y: { datatype: 'FP32', shape: [-1] } },
          { x: 'b' },
        ),
        b: step(
          { x: { datatype: 'FP32', shape: [-1] } },
          { y: { datatype: 'FP32', shape: [-1] } },
          { x: 'a' },
        ),
      },
      { y: 'a' },
    ],
    [
      'a node that is not there',
      '"one": it takes "nobody.x", and there is no such node',
      { one: model({ x: 'nobody.x' }) },
      { p: 'one.p' },
    ],
    [
      'an output that is not there',
      'output "p": "one" has no output "q"',
      { one: model() },
      { p: 'one.q' },
    ],
    [
      'an output that is one of several',
      '"one" has several outputs',
      { one: model() },
      { p: 'one' },
    ],
    [
      'an input that the model does not have',
      'node "one": it has no input "y", but "x"',
      { one: model({ y: 'input.y' }) },
      { p: 'one.p' },
    ],
    [
      'members that take an input as two types',
      'it takes the input "x" as FP64 [-1, 4], which is FP32 [-1, 4] elsewhere',
      {
        one: model(),
        two: model(undefined, 'wide'),
        m: { kind: 'average', of: ['one.p', 'two.p'] },
      },
      { p: 'm' },
    ],
    [
      'neighbours of two datatypes',
      'its input "x" is FP64 [-1, 4], and "c.y" is FP32 [-1, 4]',
      {
        c: step(
          { x: { datatype: 'FP32', shape: [-1] } },
          { y: { datatype: 'FP32', shape: [-1, 4] } },
        ),
        two: model({ x: 'c.y' }, 'wide'),
      },
      { p: 'two' },
    ],
    [
      'neighbours of two shapes',
      'its input "x" is FP32 [-1, 4], and "c.y" is FP32 [-1, 3]',
      {
        c: step(
          { x: { datatype: 'FP32', shape: [-1] } },
          { y: { datatype: 'FP32', shape: [-1, 3] } },
        ),
        one: model({ x: 'c.y' }),
      },
      { p: 'one.p' },
    ],
    [
      'an input that nothing types',
      'nothing says what the input "z" is',
      { one: model(), m: { kind: 'average', of: ['one.p', 'input.z'] } },
      { p: 'm' },
    ],
    [
      'a node that nobody takes',
      'node "two": nothing takes what it answers',
      { one: model(), two: model() },
      { p: 'one.p' },
    ],
    [
      'an input that nobody takes',
      'input "z": nothing takes it',
      { one: model() },
      { p: 'one.p' },
      { z: { datatype: 'FP32', shape: [-1] } },
    ],
    [
      'weights of another number',
      'it has 3 weights for 2 tensors',
      { one: model(), m: { kind: 'average', of: ['one.p', 'one.p'], weights: [1, 1, 1] } },
      { p: 'm' },
    ],
    [
      'weights of nothing',
      'all of its weights are 0',
      { one: model(), m: { kind: 'average', of: ['one.p', 'one.p'], weights: [0, 0] } },
      { p: 'm' },
    ],
    [
      'a mean of text',
      'it averages BYTES',
      { one: model(), m: { kind: 'average', of: ['one.p', 'input.t'] } },
      { p: 'm' },
      { t: { datatype: 'BYTES', shape: [-1] } },
    ],
    [
      'a vote on fractions',
      'FP32 is no label',
      { one: model(), m: { kind: 'vote', of: ['one.p', 'one.p'] } },
      { p: 'm.value' },
    ],
    [
      'a part beyond the columns',
      'the part "a" names column 4 of 4',
      { s: { kind: 'split', of: 'input.x', parts: { a: [4] } } },
      { p: 's' },
      { x: { datatype: 'FP32', shape: [-1, 4] } },
    ],
    [
      'a case that compares text with a number',
      'it selects by FP32, and a case compares it with string',
      {
        one: model(),
        m: { kind: 'select', by: 'one.p', cases: [{ is: 'a', take: 'one.p' }], otherwise: 'one.p' },
      },
      { p: 'm' },
    ],
    [
      'a name that stands for the inputs',
      'that name stands for the inputs',
      { input: model() },
      { p: 'input' },
    ],
  ]
  for (const [what, said, nodes, outputs, inputs] of refused)
    it(`refuses ${what}`, () => {
      expect(() => plan(nodes, outputs, inputs)).toThrow(said)
      expect(() => plan(nodes, outputs, inputs)).toThrow('the ensemble "risk"')
    })
})
