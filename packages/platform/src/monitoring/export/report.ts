import type { Distribution, MonitorView, Statistic, WindowReport } from '../model.ts'
import { distributionPlot, escaped, figure, style } from './html-parts.ts'

export interface ReportInput {
  readonly monitor: MonitorView
  readonly window: WindowReport
  readonly distributions: readonly Distribution[]
}

/** A window as data, in the shape of a report of metrics and tests: what is known, and what passed. */
export const jsonReport = ({ monitor, window, distributions }: ReportInput): unknown => ({
  kind: 'kaizen.monitor-report',
  version: 1,
  timestamp: new Date(window.closedAt).toISOString(),
  metadata: {
    monitor: monitor.name,
    monitor_version: window.monitorVersion,
    window: window.id,
    revision: window.revision,
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
    rows: window.rows,
    labelled: window.kind === 'performance' ? window.labelled : null,
    model_versions: window.modelVersions,
    reference: monitor.reference?.source ?? null,
  },
  metrics: window.statistics.map((statistic) => ({
    metric: statistic.metric,
    column: statistic.column,
    method: statistic.method,
    value: statistic.value,
    p_value: statistic.pValue,
    current_rows: statistic.currentRows,
    reference_rows: statistic.referenceRows,
    note: statistic.note,
  })),
  tests: window.statistics
    .filter(
      ({ threshold, lower, drifted }) => threshold !== null || lower !== null || drifted !== null,
    )
    .map((statistic) => ({
      name: statistic.metric,
      status: statusOf(statistic),
      threshold: statistic.threshold,
      lower: statistic.lower,
      value: statistic.value,
    })),
  distributions,
})

/** What is not known is no success. */
const statusOf = ({ drifted }: Statistic): 'SUCCESS' | 'FAIL' | 'SKIPPED' =>
  drifted === null ? 'SKIPPED' : drifted ? 'FAIL' : 'SUCCESS'

/** A window as one HTML file that loads nothing and runs nothing; its size does not grow with the rows. */
export function htmlReport({ monitor, window, distributions }: ReportInput): string {
  const failed = window.statistics.filter(({ drifted }) => drifted === true)
  const unknown = window.statistics.filter(({ value }) => value === null)
  const title = `${monitor.name}, ${new Date(window.from).toISOString()} to ${new Date(window.to).toISOString()}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${style}</style></head><body>
<h1>${escaped(monitor.name)}</h1>
<p>${escaped(new Date(window.from).toISOString())} to ${escaped(new Date(window.to).toISOString())} · ${sizeOf(window)} · revision ${window.revision}, monitor version ${window.monitorVersion}<br>
Compared with ${escaped(monitor.reference?.source ?? 'no reference')}</p>
<p><b>${failed.length}</b> of ${window.statistics.length} statistics are over their bounds; <b>${unknown.length}</b> have too little data for a value.</p>
${distributions.length > 0 ? `<h2>Distributions</h2><div class="grid">${distributions.map(distributionPlot).join('')}</div>` : ''}
<h2>Statistics</h2>
<table><thead><tr><th>Metric<th>Method<th class="n">Value<th class="n">Bound<th class="n">p<th>Verdict<th>Note</tr></thead><tbody>
${window.statistics.map(row).join('\n')}
</tbody></table></body></html>
`
}

/** How many rows have labels is told where it is kept up to date: late ones restate performance windows alone. */
const sizeOf = ({ kind, rows, labelled }: WindowReport): string =>
  kind === 'performance' ? `${rows} rows, ${labelled} labelled` : `${rows} rows`

const verdicts = { SUCCESS: 'within', FAIL: 'over the bound', SKIPPED: 'no verdict' } as const

function row(statistic: Statistic): string {
  const status = statusOf(statistic)
  const bound = [statistic.lower, statistic.threshold].map(figure)
  const limits = statistic.lower === null ? bound[1] : bound.join(' to ')
  const shown = status === 'FAIL' ? 'fail' : status === 'SKIPPED' ? 'none' : ''
  return `<tr><td>${escaped(statistic.metric)}<td>${escaped(statistic.method)}<td class="n">${figure(statistic.value)}<td class="n">${limits}<td class="n">${figure(statistic.pValue)}<td class="${shown}">${verdicts[status]}<td>${escaped(statistic.note ?? '')}</tr>`
}
