import type { Distribution, MonitorView, Statistic, WindowReport } from '../model.ts'

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

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
const figure = (value: number | null): string =>
  value === null ? '–' : String(Number(value.toPrecision(4)))

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
${distributions.length > 0 ? `<h2>Distributions</h2><div class="grid">${distributions.map(plot).join('')}</div>` : ''}
<h2>Statistics</h2>
<table><thead><tr><th>Metric<th>Method<th class="n">Value<th class="n">Bound<th class="n">p<th>Verdict<th>Note</tr></thead><tbody>
${window.statistics.map(row).join('\n')}
</tbody></table></body></html>
`
}

/** How many rows have labels is told where it is kept up to date: late ones restate performance windows alone. */
const sizeOf = ({ kind, rows, labelled }: WindowReport): string =>
  kind === 'performance' ? `${rows} rows, ${labelled} labelled` : `${rows} rows`

const style = `body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:1100px;padding:0 16px;color:#1c2330;background:#fff}
table{border-collapse:collapse;width:100%}td,th{padding:4px 8px;border-bottom:1px solid #dde2ea;text-align:left;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}.fail{color:#a4201b;font-weight:600}.none{color:#5d6878}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:16px}figure{margin:0}figcaption{font-weight:600}
svg{width:100%;height:80px;display:block}
@media(prefers-color-scheme:dark){body{background:#12161d;color:#e2e7ef}td,th{border-color:#2c3440}.fail{color:#ff8a80}.none{color:#9aa6b6}}`

const verdicts = { SUCCESS: 'within', FAIL: 'over the bound', SKIPPED: 'no verdict' } as const

function row(statistic: Statistic): string {
  const status = statusOf(statistic)
  const bound = [statistic.lower, statistic.threshold].map(figure)
  const limits = statistic.lower === null ? bound[1] : bound.join(' to ')
  const shown = status === 'FAIL' ? 'fail' : status === 'SKIPPED' ? 'none' : ''
  return `<tr><td>${escaped(statistic.metric)}<td>${escaped(statistic.method)}<td class="n">${figure(statistic.value)}<td class="n">${limits}<td class="n">${figure(statistic.pValue)}<td class="${shown}">${verdicts[status]}<td>${escaped(statistic.note ?? '')}</tr>`
}

/** Shares of both samples over the same cells, as steps. */
function plot({ column, reference, current }: Distribution): string {
  const before = sharesOf(reference.counts)
  const after = sharesOf(current.counts)
  const top = Math.max(...before, ...after, 1e-9)
  const step = 200 / Math.max(1, before.length)
  const bars = before
    .map((share, cell) => {
      const tall = (76 * share) / top
      return `<rect x="${(cell * step).toFixed(1)}" y="${(78 - tall).toFixed(1)}" width="${step.toFixed(1)}" height="${tall.toFixed(1)}" fill="#8b97a8" fill-opacity=".45"/>`
    })
    .join('')
  const line = after
    .map((share, cell) => {
      const y = (78 - (76 * share) / top).toFixed(1)
      return `${cell === 0 ? 'M' : 'L'}${(cell * step).toFixed(1)} ${y}H${((cell + 1) * step).toFixed(1)}`
    })
    .join('')
  return `<figure><figcaption>${escaped(column)}</figcaption><svg viewBox="0 0 200 80" preserveAspectRatio="none" role="img" aria-label="${escaped(column)}: reference filled, window as a line">${bars}<path d="${line}" fill="none" stroke="#d05a1e" stroke-width="2" vector-effect="non-scaling-stroke"/></svg></figure>`
}

function sharesOf(counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (total > 0 ? count / total : 0))
}
