import type { ExplanationView } from '@kaizen/contracts'
import { renderFacts, renderTable } from './render.ts'

const shownFeatures = 15

/** What the features of the first row add to its highest score, the largest first. */
export function describeExplanation(explanation: ExplanationView): string {
  const { features, targets, rows, background } = explanation
  const scores = rows[0] ?? []
  const best = scores.reduce((most, { score }, i) => (score > scores[most]!.score ? i : most), 0)
  const target = targets[best]
  const values = scores[best]?.values ?? []
  const largest = features
    .map((feature, i) => ({ feature, value: values[i] ?? 0 }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, shownFeatures)
  const facts = renderFacts({
    explains: `${target?.label ?? target?.name ?? ''} (${explanation.link})`,
    method: explanation.exact ? explanation.method : `${explanation.method}, an estimate`,
    background: background.source === 'log' ? `${background.rows} logged rows` : 'zeros',
    base: target?.base ?? null,
    score: scores[best]?.score ?? null,
  })
  const table = renderTable(largest, [
    { title: 'input', of: (row) => row.feature },
    { title: 'adds', of: (row) => row.value, right: true },
  ])
  return `${facts}\n\n${table}`
}
