import { expect, it } from 'vitest'
import { signedMarks } from './marks.ts'

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
