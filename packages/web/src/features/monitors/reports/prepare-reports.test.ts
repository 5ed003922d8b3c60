import { type ReportView, reportBody, reportSections } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { bodyOf, draftOf, newDraft, toggled } from './prepare-reports.ts'

const kept: ReportView = {
  ...reportBody.parse({
    title: 'Bikes',
    monitors: ['bike'],
    datasets: [{ dataset: 'hours', version: 3, target: 'cnt' }, { dataset: 'days' }],
    sections: ['drift', 'alerts'],
    period: { from: 1, to: 2 },
    schedule: { cron: '0 7 * * 1' },
    channels: ['team'],
  }),
  name: 'weekly',
  nextAt: 5,
  updatedAt: 1,
  updatedBy: 'anna',
}

describe('the form of a report', () => {
  it('gives back what it was filled with, and what it does not show', () => {
    const { name: _, nextAt: __, updatedAt: ___, updatedBy: ____, ...body } = kept
    expect(draftOf(kept).datasets).toBe('hours@3, days')
    expect(bodyOf(draftOf(kept), kept)).toEqual(body)
    expect(bodyOf({ ...draftOf(kept), last: '30d' }, kept).period).toEqual({ last: '30d' })
  })

  it('makes a body that the server takes, sections in their order', () => {
    const sections = new Set(['alerts', 'drift'] as const)
    const draft = { ...newDraft, monitors: new Set(['bike']), sections, datasets: ' a@2 ,, b@x' }
    const body = bodyOf(draft, undefined)
    expect(body.sections).toEqual(['drift', 'alerts'])
    expect(body.datasets).toEqual([{ dataset: 'a', version: 2 }, { dataset: 'b@x' }])
    expect(reportBody.safeParse({ ...body, datasets: [] }).success).toBe(true)
    expect(bodyOf(newDraft, undefined).sections).toEqual([...reportSections])
  })

  it('toggles', () => {
    expect([...toggled(new Set(['a']), 'b')]).toEqual(['a', 'b'])
    expect([...toggled(new Set(['a']), 'a')]).toEqual([])
  })
})
