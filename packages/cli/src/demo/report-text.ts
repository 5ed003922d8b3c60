import { renderTable } from '../render.ts'
import type { DemoReport, ErrorFigures, QuarterFigures } from './measure.ts'

const figure = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(1))

/** The report as the demo prints it. */
export function renderReport(report: DemoReport): string {
  const overall: QuarterFigures = {
    quarter: 'all',
    static: report.static,
    naive: report.naive,
    loop: report.loop,
  }
  const column = (
    title: string,
    of: (row: QuarterFigures) => ErrorFigures,
    name: 'mae' | 'rmse',
  ) => ({
    title: `${title} ${name}`,
    of: (row: QuarterFigures) => figure(of(row)[name]),
    right: true,
  })
  const table = renderTable(
    [...report.quarters, overall],
    [
      { title: 'quarter', of: (row) => row.quarter },
      { title: 'hours', of: (row) => row.loop.rows, right: true },
      column('static', (row) => row.static, 'mae'),
      column('naive', (row) => row.naive, 'mae'),
      column('loop', (row) => row.loop, 'mae'),
      column('static', (row) => row.static, 'rmse'),
      column('naive', (row) => row.naive, 'rmse'),
      column('loop', (row) => row.loop, 'rmse'),
    ],
  )
  const { rolloutCost: cost, latencyMs } = report
  return [
    table,
    '',
    'static: the first model, never retrained. naive: the same hour a week ago. loop: what callers of the endpoint got.',
    '',
    `candidates ${report.candidates}: ${report.promotions} promoted, ${report.rejections} rejected, ${report.rollbacks} rolled back`,
    `predictions ${report.predictions.toLocaleString('en-US')}, ${Math.round(report.requestsPerSecond)} requests/s over the replay, latency p50 ${ms(latencyMs.p50)}, p99 ${ms(latencyMs.p99)}`,
    ...(cost.championMae === null || cost.shadowMae === null
      ? []
      : [
          `rollout delay: in the ${cost.hours} hours that winners waited in shadow, the champion erred by ${figure(cost.championMae)}, they would have by ${figure(cost.shadowMae)}`,
        ]),
    ...report.incidents.map(({ label, outcome }) => `planted incident "${label}": ${outcome}`),
    `audit log: ${report.auditEvents.toLocaleString('en-US')} events, ${report.auditVerified ? 'the chain verifies' : 'THE CHAIN IS BROKEN'}`,
    `${report.seconds.toFixed(1)} s in total${report.serverPeakMemoryMb === null ? '' : `, server memory at most ${Math.round(report.serverPeakMemoryMb)} MB`}`,
  ].join('\n')
}

const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} ms`)
