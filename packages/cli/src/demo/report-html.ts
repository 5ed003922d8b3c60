import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Candidate } from '@kaizen/contracts'
import type { DemoReport, Forecast, Series } from './measure.ts'
import { renderReport } from './report-text.ts'
import { scenario } from './scenario.ts'

const dayMs = 86_400_000
const requireFromHere = createRequire(import.meta.url)
const asset = (name: string): string =>
  readFileSync(requireFromHere.resolve(`uplot/dist/${name}`), 'utf8')

/** The report as one HTML file that needs nothing else. */
export function reportHtml(
  report: DemoReport,
  series: Series,
  candidates: readonly Candidate[],
): string {
  const days = rollingDays()
  const data = {
    days: days.map((day) => day / 1000),
    static: rollingMae(series.static, days),
    naive: rollingMae(series.naive, days),
    loop: rollingMae(series.loop, days),
    marks: candidates.flatMap(({ state, endedAt, number }) =>
      endedAt === null ? [] : [{ at: endedAt / 1000, state, number }],
    ),
    incidents: [
      {
        from: scenario.wrongUnit.from / 1000,
        to: scenario.wrongUnit.to / 1000,
        label: scenario.wrongUnit.label,
      },
      {
        from: scenario.truncatedWindow.at / 1000,
        to: scenario.truncatedWindow.at / 1000,
        label: scenario.truncatedWindow.label,
      },
    ],
  }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kaizen: the loop on bike sharing</title>
<style>${asset('uPlot.min.css')}${style}</style></head>
<body><main>
<h1>The loop on bike sharing</h1>
<p>Hourly hires in Washington D.C., replayed from 1 April 2011 to 31 December 2012. Mean absolute error over the last seven days:
the first model left alone, the same hour a week ago, and what callers of the endpoint got while the loop retrained it.</p>
<div id="error"></div>
<p class="key"><i class="promoted"></i> promoted <i class="rejected"></i> rejected <i class="rolled"></i> rolled back <b></b> planted incident</p>
<pre>${escapeHtml(renderReport(report))}</pre>
</main>
<script>${asset('uPlot.iife.min.js')}</script>
<script>const report = ${JSON.stringify(data).replaceAll('<', '\\u003c')};${drawing}</script>
</body></html>
`
}

function rollingDays(): readonly number[] {
  const count = Math.round((scenario.end - scenario.start) / dayMs)
  return Array.from({ length: count - 6 }, (_, i) => scenario.start + (i + 7) * dayMs)
}

/** Mean absolute error over the seven days before each day; a gap where there is nothing. */
function rollingMae(
  rows: readonly Forecast[],
  days: readonly number[],
): readonly (number | null)[] {
  let first = 0
  let last = 0
  let sum = 0
  const error = (row: Forecast | undefined): number =>
    row ? Math.abs(row.predicted - row.actual) : 0
  return days.map((day) => {
    for (; last < rows.length && (rows[last] as Forecast).at < day; last++) sum += error(rows[last])
    for (; first < last && (rows[first] as Forecast).at < day - 7 * dayMs; first++)
      sum -= error(rows[first])
    return last > first ? sum / (last - first) : null
  })
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e9ed); --paper: light-dark(#fff, #14171a); --quiet: light-dark(#5b6570, #98a2ad); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px; }
h1 { font-size: 24px; margin: 0 0 8px; } p { color: var(--quiet); max-width: 75ch; }
pre { overflow-x: auto; font: 13px/1.5 ui-monospace, monospace; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 2px 0 12px; }
.promoted { background: #0a7d5a; } .rejected { background: #b0b7bf; } .rolled { background: #c43d1d; }
.key b { display: inline-block; width: 14px; height: 10px; background: #e0a80066; margin: 0 2px 0 12px; }
.u-legend { color: var(--ink); }
`

const drawing = `
const ink = getComputedStyle(document.body).color;
const marks = (u) => {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = '#e0a80044';
  for (const { from, to } of report.incidents) {
    const x = u.valToPos(from, 'x', true);
    ctx.fillRect(x - 2, bbox.top, Math.max(4, u.valToPos(to, 'x', true) - x), bbox.height);
  }
  const colours = { promoted: '#0a7d5a', rejected: '#b0b7bf', 'rolled-back': '#c43d1d' };
  for (const { at, state } of report.marks) {
    ctx.fillStyle = colours[state] || '#b0b7bf';
    ctx.beginPath();
    ctx.arc(u.valToPos(at, 'x', true), bbox.top + bbox.height - 6, 4, 0, 7);
    ctx.fill();
  }
  ctx.restore();
};
const line = (label, stroke, width, dash) => ({ label, stroke, width, dash, spanGaps: false, value: (_, v) => v == null ? '–' : v.toFixed(1) });
const axis = { stroke: ink, grid: { stroke: '#8884', width: 1 }, ticks: { stroke: '#8884' } };
new uPlot({
  width: Math.min(1040, document.body.clientWidth - 40), height: 380,
  series: [{}, line('static', '#c43d1d', 1.5), line('naive', '#5b6570', 1.5, [5, 4]), line('loop', '#0b66c3', 2)],
  axes: [axis, { ...axis, label: 'mean absolute error, hires per hour' }],
  scales: { y: { range: (_, lo, hi) => [0, hi * 1.05] } },
  hooks: { draw: [marks] },
}, [report.days, report.static, report.naive, report.loop], document.getElementById('error'));
`
