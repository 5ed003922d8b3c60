import type { ColumnProfile, DataReport } from '@kaizen/contracts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text of others as text of a page. */
const text = (value: unknown): string =>
  String(value).replaceAll(/[&<>"']/gu, (sign) => entities[sign] ?? '')

const number = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? '–'
    : Number.isInteger(value)
      ? value.toLocaleString('en-US')
      : String(Number(value.toPrecision(4)))
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const style = `
:root { color-scheme: light dark; --line: #8883; --soft: #888; --bar: #4c78a8; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }
@media (max-width: 60rem) { table { display: block; overflow-x: auto; } }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: middle; }
th { color: var(--soft); font-weight: 500; }
.n { text-align: right; }
.critical::before { content: '▲ '; color: #c0392b; } .warning::before { content: '◆ '; color: #b9770e; } .info::before { content: '● '; color: var(--soft); }
rect { fill: var(--bar); }
`

/** A report as one HTML file: no script, nothing loaded from elsewhere. */
export const reportPage = (report: DataReport): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${text(report.dataset)}, version ${report.version}</title>
<style>${style}</style></head><body>
<h1>${text(report.dataset)} <small>version ${report.version}</small></h1>
<p>${number(report.rowCount)} rows, ${report.columns.length} columns, ${number(report.duplicateRows)} duplicate rows${report.target === null ? '' : `; target ${text(report.target)}`}.</p>
<h2>What to look at</h2>
${report.alerts.length === 0 ? '<p>Nothing stands out.</p>' : `<ul>${report.alerts.map(({ severity, message }) => `<li class="${severity}">${text(message)}</li>`).join('')}</ul>`}
<h2>Columns</h2>
${columnTable(report)}
${relations(report)}
${pearson(report)}
${patterns(report)}
${outliers(report)}
${personal(report)}
${forms(report)}
<p>Associations measured on ${number(report.sampledRows)} rows${leftOut(report)}.</p>
</body></html>
`

const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`
const cell = (content: string, isNumber = false): string =>
  `<td${isNumber ? ' class="n"' : ''}>${content}</td>`
const head = (titles: readonly string[]): string =>
  `<thead>${row(titles.map((title) => `<th>${title}</th>`))}</thead>`

/** Names of columns that a sentence lists. */
const listedNames = 12

const leftOut = ({ unrelatedColumns: names, target }: DataReport): string => {
  if (names.length === 0) return ''
  const more = names.length > listedNames ? ` and ${number(names.length - listedNames)} more` : ''
  const shown = `${text(names.slice(0, listedNames).join(', '))}${more}`
  return target === null ? `, without ${shown}` : `; with nothing but the target: ${shown}`
}

const columnTable = ({ columns }: DataReport): string =>
  `<table>${head(['column', 'type', 'distribution', 'missing', 'distinct', 'min', '5 %', '25 %', 'median', '75 %', '95 %', 'max', 'mean', 'deviation'])}<tbody>${columns
    .map((column) =>
      row([
        cell(text(column.name)),
        cell(column.type),
        cell(picture(column)),
        cell(percent(column.count > 0 ? column.missing / column.count : 0), true),
        cell(number(column.distinct), true),
        cell(value(column.min), true),
        ...[1, 2, 3, 4, 5].map((which) => cell(number(column.quantiles?.[which]), true)),
        cell(value(column.max), true),
        cell(number(column.mean), true),
        cell(number(column.standardDeviation), true),
      ]),
    )
    .join('')}</tbody></table>`

const value = (of: ColumnProfile['min']): string =>
  typeof of === 'number' ? number(of) : of === null ? '–' : text(of.slice(0, 24))

/** Bars of a histogram, or the most frequent values in words. */
function picture({ histogram, topValues }: ColumnProfile): string {
  if (!histogram)
    return text(
      topValues
        .slice(0, 4)
        .map((top) => `${top.value.slice(0, 24)} (${number(top.count)})`)
        .join(', '),
    )
  const most = Math.max(1, ...histogram.counts)
  const width = 120 / histogram.counts.length
  const bars = histogram.counts.map((count, i) => {
    const height = (count / most) * 28
    return `<rect x="${(i * width).toFixed(1)}" y="${(28 - height).toFixed(1)}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${height.toFixed(1)}"/>`
  })
  return `<svg width="120" height="28" role="img" aria-label="histogram">${bars.join('')}</svg>`
}

/** Relations that a report shows at most. */
const shownRelations = 20

function relations({ associations, target }: DataReport): string {
  const strong = associations
    .filter(
      ({ a, b, value: found }) =>
        found !== null && (target === null || a === target || b === target),
    )
    .sort((x, y) => Math.abs(y.value ?? 0) - Math.abs(x.value ?? 0))
    .slice(0, shownRelations)
  if (strong.length === 0) return ''
  return `<h2>${target === null ? 'Columns that go together' : `What goes with ${text(target)}`}</h2>
<table>${head(['column', 'column', 'measure', 'strength'])}<tbody>${strong
    .map(({ a, b, method, value: found }) =>
      row([cell(text(a)), cell(text(b)), cell(method), cell((found ?? 0).toFixed(3), true)]),
    )
    .join('')}</tbody></table>`
}

const patterns = ({ missingPatterns, rowCount }: DataReport): string =>
  missingPatterns.length === 0
    ? ''
    : `<h2>Missing together</h2>
<table>${head(['columns', 'rows', 'share'])}<tbody>${missingPatterns
        .map(({ columns, rows }) =>
          row([
            cell(columns.length === 0 ? 'none missing' : text(columns.join(', '))),
            cell(number(rows), true),
            cell(percent(rows / rowCount), true),
          ]),
        )
        .join('')}</tbody></table>`

function pearson({ pearson: pairs, target }: DataReport): string {
  const strong = pairs
    .filter(({ value: found }) => found !== null)
    .filter(({ a, b }) => target === null || a === target || b === target)
    .sort((x, y) => Math.abs(y.value ?? 0) - Math.abs(x.value ?? 0))
    .slice(0, shownRelations)
  if (strong.length === 0) return ''
  return `<h2>Linear correlations</h2>
<table>${head(['column', 'column', 'Pearson'])}<tbody>${strong
    .map(({ a, b, value: found }) =>
      row([cell(text(a)), cell(text(b)), cell((found ?? 0).toFixed(3), true)]),
    )
    .join('')}</tbody></table>`
}

function outliers({ outliers: fences, rowCount }: DataReport): string {
  const found = fences
    .filter(({ below, above }) => below + above > 0)
    .sort((a, b) => b.below + b.above - a.below - a.above)
  if (found.length === 0) return ''
  return `<h2>Outliers</h2>
<table>${head(['column', 'fence below', 'rows below', 'fence above', 'rows above', 'share'])}<tbody>${found
    .map(({ column, lower, upper, below, above }) =>
      row([
        cell(text(column)),
        ...[lower, below, upper, above].map((each) => cell(number(each), true)),
        cell(percent((below + above) / rowCount), true),
      ]),
    )
    .join('')}</tbody></table>`
}

const personal = ({ personalData }: DataReport): string =>
  personalData.length === 0
    ? ''
    : `<h2>Personal data</h2>
<table>${head(['column', 'form', 'share of values', 'examples, masked'])}<tbody>${personalData
        .map(({ column, kind, share, examples }) =>
          row([
            cell(text(column)),
            cell(kind.replaceAll('-', ' ')),
            cell(percent(share), true),
            cell(text(examples.join(', '))),
          ]),
        )
        .join('')}</tbody></table>`

const forms = ({ textForms }: DataReport): string =>
  textForms.length === 0
    ? ''
    : `<h2>Forms of texts</h2>
<p>A: capital letters, a: other letters, 9: digits; other signs as they are.</p>
<table>${head(['column', 'forms', 'most frequent'])}<tbody>${textForms
        .map(({ column, distinct, rows, forms: listed }) =>
          row([
            cell(text(column)),
            cell(number(distinct), true),
            cell(
              text(listed.map((each) => `${each.form} (${percent(each.rows / rows)})`).join(', ')),
            ),
          ]),
        )
        .join('')}</tbody></table>`
