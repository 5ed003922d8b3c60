import type { Distribution } from '../model.ts'

/** Text as it may stand in HTML. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
export const figure = (value: number | null): string =>
  value === null ? '–' : String(Number(value.toPrecision(4)))

/** The look of reports: loads nothing, follows the reader's light or dark. */
export const style = `body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:1100px;padding:0 16px;color:#1c2330;background:#fff}
table{border-collapse:collapse;width:100%}td,th{padding:4px 8px;border-bottom:1px solid #dde2ea;text-align:left;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}.fail{color:#a4201b;font-weight:600}.none{color:#5d6878}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:16px}figure{margin:0}figcaption{font-weight:600}
svg{width:100%;height:80px;display:block}
@media(prefers-color-scheme:dark){body{background:#12161d;color:#e2e7ef}td,th{border-color:#2c3440}.fail{color:#ff8a80}.none{color:#9aa6b6}}`

/** Shares of both samples over the same cells, as steps. */
export function distributionPlot({ column, reference, current }: Distribution): string {
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
