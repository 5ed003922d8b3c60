import { describe, expect, it } from 'vitest'
import { explainedAnswer, leadingTarget, truthOf } from './explanation-model.ts'

const features = Array.from({ length: 14 }, (_, i) => `f${i}`)
const answer = {
  id: 'inf_1',
  parameters: {
    shap_method: 'tree-shap',
    shap_exact: true,
    shap_link: 'logit',
    shap_background_rows: 40,
    shap_background_source: 'log',
  },
  outputs: [
    { name: 'label', datatype: 'BYTES', shape: [1], data: ['yes'] },
    { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] },
    {
      name: 'shap_values',
      datatype: 'FP64',
      shape: [1, 2, 14],
      data: [...features.map((_, i) => -i), ...features.map((_, i) => i)],
    },
    { name: 'shap_base_values', datatype: 'FP64', shape: [2], data: [1, -1] },
    { name: 'shap_features', datatype: 'BYTES', shape: [14], data: features },
    { name: 'shap_targets', datatype: 'BYTES', shape: [2], data: ['no', 'yes'] },
  ],
}

describe('an explained answer', () => {
  it('shows the outputs of the model and the largest contributions, the rest as one bar', () => {
    const { outputs, verdict, explanation } = explainedAnswer(answer)
    expect(outputs).toEqual([
      { name: 'label', text: 'yes' },
      { name: 'probabilities', text: '0.25, 0.75' },
    ])
    expect(verdict).toBe('yes')
    expect(explanation).toMatchObject({ exact: true, background: '40 logged rows' })
    expect(leadingTarget(explanation!)).toBe(1)
    const yes = explanation!.targets[1]!
    expect(yes).toMatchObject({ name: 'yes', base: -1, score: 90 })
    expect(yes.bars[0]).toEqual({ feature: 'f13', value: 13, share: 1 })
    expect(yes.bars.at(-1)).toEqual({ feature: '2 others', value: 1, share: 1 / 13 })
  })

  it('takes the number of a regression for its verdict, and shows what has no explanation', () => {
    const outputs = [{ name: 'variable', datatype: 'FP32', shape: [1, 1], data: [3.5] }]
    expect(explainedAnswer({ id: 'a', outputs })).toMatchObject({ verdict: 3.5, explanation: null })
    expect(explainedAnswer({}).verdict).toBeNull()
  })
})

it('ground truth is read as the kind of the answer', () => {
  expect(truthOf(' 4.5 ', 1)).toBe(4.5)
  expect(truthOf('4', 'no')).toBe('4')
  expect(truthOf('true', false)).toBe(true)
  expect(truthOf('many', 1)).toBe('many')
})
