import { expect, it } from 'vitest'
import { dataset, datasetMonitor, project, report } from './index.ts'

it('a report brings the monitors and datasets that it tells of', () => {
  const hours = dataset('hours', { eventTime: 'at' })
  const days = dataset('days', { eventTime: 'at' })
  const watch = datasetMonitor('hours-watch', { dataset: hours })
  const weekly = report('weekly', {
    monitors: [watch],
    datasets: [hours, { dataset: days, version: 2, target: 'cnt' }],
    sections: ['summary', 'drift'],
    schedule: { cron: '0 7 * * 1' },
    channels: ['team'],
  })
  const made = project({ name: 'p', reports: [weekly] })
  expect(made.monitors).toEqual([watch])
  expect(made.datasets).toEqual([hours, days])
  expect(made.reports[0]?.declaration).toMatchObject({
    monitors: ['hours-watch'],
    datasets: [{ dataset: 'hours' }, { dataset: 'days', version: 2, target: 'cnt' }],
    period: { last: '7d' },
    schedule: { cron: '0 7 * * 1' },
  })
  expect(() =>
    project({ name: 'p', reports: [weekly, report('weekly', { datasets: [days] })] }),
  ).toThrow('two report objects are named "weekly"')
})
