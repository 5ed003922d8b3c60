import { expect, it } from 'vitest'
import { laneMarks, signedMarks } from './marks.ts'

const mark = (kind: string, x: number) => ({ x, mark: { at: x, kind, text: kind, href: null } })
const kinds = (marks: Parameters<typeof signedMarks>[0]) =>
  signedMarks(marks, 10).map((one) => one.mark.kind)

it('signs the gravest of a crowd and keeps those that stand apart', () => {
  expect(kinds([mark('retraining', 0), mark('promotion', 4), mark('rejection', 30)])).toEqual([
    'promotion',
    'rejection',
  ])
  expect(kinds([mark('incident', 2), mark('retraining', 0), mark('unheard-of', 5)])).toEqual([
    'incident',
  ])
})

it('keeps a retraining in sight beside the outcome that would cover it', () => {
  const lanes = laneMarks([mark('retraining', 0), mark('promotion', 1), mark('incident', 2)], 10)
  expect(lanes.starts.map((one) => one.mark.kind)).toEqual(['retraining'])
  expect(lanes.outcomes.map((one) => one.mark.kind)).toEqual(['incident'])
})
