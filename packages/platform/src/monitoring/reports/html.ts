import { distributionPlot, escaped, figure, style } from '../export/html-parts.ts'
import type {
  MetricSummary,
  ReportDatasetPart,
  ReportDocument,
  ReportMonitorPart,
  ReportSection,
} from './model.ts'

const titles: Readonly<Record<ReportSection, string>> = {
  summary: 'What stands out',
  drift: 'Drift',
  quality: 'Data quality',
  performance: 'Performance',
  segments: 'Segments',
  explanations: 'Explanations: what the answers depend on',
  operations: 'Operations',
  custom: 'Metrics of the project',
  distributions: 'Distributions of the newest window',
  alerts: 'Alerts',
}

/** A report as one HTML file that loads nothing and runs nothing; its size does not grow with the rows. */
export function reportHtml(report: ReportDocument): string {
  const { title, from, to, generatedAt, counted, findings } = report
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${style}
.line path{fill:none;stroke:#d05a1e;stroke-width:1.5;vector-effect:non-scaling-stroke}.line{width:120px;height:22px}</style></head><body>
<h1>${escaped(title)}</h1>
<p>${time(from)} to ${time(to)} · counted in ${counted} · made at ${time(generatedAt)}</p>
${findings.length > 0 ? `<h2>${titles.summary}</h2><ul>${findings.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>` : ''}
${report.monitors.map((part) => monitorHtml(part, report)).join('\n')}
${report.datasets.map(datasetHtml).join('\n')}
</body></html>
`
}

const time = (at: number): string => escaped(new Date(at).toISOString())

function monitorHtml(part: ReportMonitorPart, report: ReportDocument): string {
  const head = `<h2>Monitor ${escaped(part.monitor)}</h2>`
  if (part.problem !== null) return `${head}<p class="fail">${escaped(part.problem)}</p>`
  const sections = part.sections.map(
    ({ section, metrics, omitted }) =>
      `<h3>${titles[section]}</h3>${metricTable(metrics, report)}${omitted > 0 ? `<p class="none">${omitted} more metrics are not listed.</p>` : ''}`,
  )
  const plots =
    part.distributions.length > 0
      ? `<h3>${titles.distributions}</h3><div class="grid">${part.distributions.map(distributionPlot).join('')}</div>`
      : ''
  const alerts =
    part.alerts.length > 0
      ? `<h3>${titles.alerts}</h3><table><thead><tr><th>Opened<th>Severity<th>Rule<th>State<th>Why</tr></thead><tbody>${part.alerts
          .map(
            (alert) =>
              `<tr><td>${time(alert.openedAt)}<td>${alert.severity}<td>${escaped(alert.rule)}<td>${alert.state}<td>${escaped(alert.message)}</tr>`,
          )
          .join('')}</tbody></table>`
      : ''
  const nothing =
    sections.length === 0 ? '<p class="none">No window closed in this period.</p>' : ''
  return `${head}<p>${part.windows} windows, compared with ${escaped(part.reference ?? 'no reference')}</p>${nothing}${sections.join('')}${plots}${alerts}`
}

function metricTable(metrics: readonly MetricSummary[], report: ReportDocument): string {
  const previous = report.compare === 'previous'
  const unit = report.counted === 'days' ? 'Days' : 'Windows'
  return `<table><thead><tr><th>Metric<th>Course<th class="n">Mean<th class="n">Lowest<th class="n">Highest<th class="n">Last${previous ? '<th class="n">Mean before' : ''}<th class="n">Bound<th class="n">${unit} over</tr></thead><tbody>
${metrics.map((one) => metricRow(one, previous)).join('\n')}
</tbody></table>`
}

function metricRow(one: MetricSummary, previous: boolean): string {
  const bound =
    one.lower === null ? figure(one.threshold) : `${figure(one.lower)} to ${figure(one.threshold)}`
  const verdict =
    one.judged === 0
      ? '<td class="n none">no verdict'
      : `<td class="n${one.outside > 0 ? ' fail' : ''}">${one.outside} of ${one.judged}`
  return `<tr><td>${escaped(one.metric)}<td>${line(one)}<td class="n">${figure(one.mean)}<td class="n">${figure(one.low)}<td class="n">${figure(one.high)}<td class="n">${figure(one.last)}${previous ? `<td class="n">${figure(one.previous)}` : ''}<td class="n">${bound}${verdict}</tr>`
}

/** The course of a metric; a missing value is a gap. */
function line({ metric, points }: MetricSummary): string {
  const known = points.filter((value) => value !== null)
  if (known.length < 2) return ''
  const [low, high] = [Math.min(...known), Math.max(...known)]
  let pen = 'M'
  const path = points.map((value, index) => {
    if (value === null) {
      pen = 'M'
      return ''
    }
    const x = ((120 * index) / Math.max(1, points.length - 1)).toFixed(1)
    const y = (20 - (18 * (value - low)) / (high - low || 1)).toFixed(1)
    const step = `${pen}${x} ${y}`
    pen = 'L'
    return step
  })
  return `<svg class="line" viewBox="0 0 120 22" preserveAspectRatio="none" role="img" aria-label="course of ${escaped(metric)}"><path d="${path.join('')}"/></svg>`
}

function datasetHtml(part: ReportDatasetPart): string {
  const head = `<h2>Dataset ${escaped(part.dataset)}${part.version === null ? '' : ` version ${part.version}`}</h2>`
  if (part.problem !== null) return `${head}<p class="fail">${escaped(part.problem)}</p>`
  const missing = part.missing.map(
    ({ column, share }) => `<tr><td>${escaped(column)}<td class="n">${figure(100 * share)} %</tr>`,
  )
  return `${head}<p>${part.rows} rows, ${part.columns} columns, ${part.duplicateRows} duplicate rows</p>
<ul>${part.findings.map(({ severity, message }) => `<li><b>${escaped(severity)}</b> ${escaped(message)}</li>`).join('')}</ul>
${missing.length > 0 ? `<table><thead><tr><th>Missing values<th class="n">Share</tr></thead><tbody>${missing.join('')}</tbody></table>` : ''}`
}
