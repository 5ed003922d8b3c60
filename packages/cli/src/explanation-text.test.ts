import type { ExplanationView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { describeExplanation } from './explanation-text.ts'

it('shows what adds most to the class with the highest score', () => {
  const explanation: ExplanationView = {
    method: 'tree-shap',
    exact: true,
    link: 'logit',
    output: 'probabilities',
    features: ['age', 'income'],
    targets: [
      { name: 'probabilities[0]', label: 'no', base: -0.5 },
      { name: 'probabilities[1]', label: 'yes', base: 0.5 },
    ],
    rows: [
      [
        { score: -2.5, values: [-0.25, -1.75] },
        { score: 2.5, values: [0.25, 1.75] },
      ],
    ],
    background: { rows: 40, source: 'log' },
    residual: 0,
    standardError: null,
    evaluations: 41,
    budgetMs: 250,
    tookMs: 3,
  }
  const text = describeExplanation(explanation)
  expect(text).toContain('yes (logit)')
  expect(text).toContain('40 logged rows')
  expect(text.indexOf('income')).toBeLessThan(text.indexOf('age'))
  expect(text).toContain('1.75')
})
