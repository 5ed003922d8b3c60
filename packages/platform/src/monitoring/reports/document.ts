import { isKaizenError } from '@kaizen/contracts'
import type { DataService } from '../../data/index.ts'
import type { AlertService } from '../alerting/alerts.service.ts'
import type { MonitorReader } from '../monitor-reader.ts'
import type {
  MetricSummary,
  ReportBody,
  ReportDatasetPart,
  ReportDocument,
  ReportMonitorPart,
  ReportSection,
  Slot,
} from './model.ts'
import {
  before,
  byBadness,
  findingsOf,
  type Period,
  periodOf,
  sectionOf,
  summarise,
} from './rules.ts'

export interface DocumentSources {
  readonly reader: MonitorReader
  readonly alerts: Pick<AlertService, 'list'>
  readonly data: Pick<DataService, 'versions' | 'reports'>
  /** Values of a metric by day. */
  readonly days: (monitor: string, metric: string, span: Period) => Promise<readonly Slot[]>
}

/** Metrics that a section lists, and columns whose distributions are drawn; a monitor may have a thousand. */
const mostMetrics = 100
const mostDistributions = 24
const mostAlerts = 200

/** Makes a report as it is at a time. What cannot be read is said in its place; the rest is told all the same. */
export async function makeDocument(
  sources: DocumentSources,
  {
    name,
    body,
    now,
  }: { readonly name: string | null; readonly body: ReportBody; readonly now: number },
): Promise<ReportDocument> {
  const period = periodOf(body, now)
  const monitors: ReportMonitorPart[] = []
  for (const monitor of body.monitors) {
    monitors.push(await monitorPart(sources, { monitor, body, period }))
  }
  const datasets: ReportDatasetPart[] = []
  for (const dataset of body.datasets) datasets.push(await datasetPart(sources, dataset))
  const { from, to, counted } = period
  return {
    kind: 'kaizen.monitoring-report',
    version: 1,
    name,
    title: body.title || (name ?? 'Report'),
    generatedAt: now,
    from,
    to,
    counted,
    compare: body.compare,
    sections: [...new Set(body.sections)],
    findings: body.sections.includes('summary')
      ? [
          ...monitors.flatMap((part) => findingsOf(part, counted)),
          ...datasets.flatMap(datasetFindings),
        ]
      : [],
    monitors,
    datasets,
  }
}

const datasetFindings = ({ dataset, version, problem, rows, findings }: ReportDatasetPart) =>
  problem === null
    ? [`${dataset} version ${version}: ${rows} rows, ${findings.length} findings`]
    : [`${dataset}: ${problem}`]

interface Asked {
  readonly monitor: string
  readonly body: ReportBody
  readonly period: Period
}

async function monitorPart(sources: DocumentSources, asked: Asked): Promise<ReportMonitorPart> {
  const { monitor, body, period } = asked
  const nothing = {
    monitor,
    reference: null,
    windows: 0,
    sections: [],
    distributions: [],
    alerts: [],
  }
  try {
    const view = await sources.reader.view(monitor)
    const sections = await sectionsOf(sources, asked)
    const wants = (section: ReportSection): boolean => body.sections.includes(section)
    return {
      ...nothing,
      problem: null,
      reference: view.reference?.source ?? null,
      windows: Math.max(
        0,
        ...sections.flatMap(({ metrics }) => metrics.map(({ windows }) => windows)),
      ),
      sections,
      distributions: wants('distributions') ? await distributionsOf(sources, monitor, period) : [],
      alerts: wants('alerts')
        ? [
            ...(await sources.alerts.list({
              monitor,
              from: period.from,
              to: period.to,
              limit: mostAlerts,
              before: null,
            })),
          ]
        : [],
    }
  } catch (failure) {
    if (isKaizenError(failure)) return { ...nothing, problem: failure.message }
    throw failure
  }
}

async function sectionsOf(
  sources: DocumentSources,
  { monitor, body, period }: Asked,
): Promise<ReportMonitorPart['sections']> {
  const wanted = new Map<ReportSection, MetricSummary[]>()
  for (const section of body.sections) wanted.set(section, [])
  for (const { metric } of await sources.reader.metrics(monitor)) {
    const list = wanted.get(sectionOf(metric))
    if (!list) continue
    const slots = await slotsOf(sources, { monitor, metric, period })
    if (slots.length === 0) continue
    const previous =
      body.compare === 'previous'
        ? await slotsOf(sources, { monitor, metric, period: before(period) })
        : null
    list.push(summarise(metric, slots, previous))
  }
  return [...wanted]
    .filter(([, metrics]) => metrics.length > 0)
    .map(([section, metrics]) => ({
      section,
      metrics: metrics.sort(byBadness).slice(0, mostMetrics),
      omitted: Math.max(0, metrics.length - mostMetrics),
    }))
}

async function slotsOf(
  { reader, days }: DocumentSources,
  { monitor, metric, period }: Pick<Asked, 'monitor' | 'period'> & { readonly metric: string },
): Promise<readonly Slot[]> {
  if (period.counted === 'days') return days(monitor, metric, period)
  // A window belongs to the span that it ends in.
  const points = await reader.series(monitor, metric, { from: period.from + 1, to: period.to })
  return points.map(({ value, threshold, lower, drifted }) => ({
    windows: 1,
    known: value === null ? 0 : 1,
    total: value ?? 0,
    low: value,
    high: value,
    threshold,
    lower,
    drifted,
  }))
}

/** Of the newest window of the period, the columns that drifted first. */
async function distributionsOf(
  { reader }: DocumentSources,
  monitor: string,
  { from, to }: Period,
): Promise<ReportMonitorPart['distributions']> {
  const [newest] = await reader.windows(monitor, {
    kind: 'drift',
    from,
    to,
    limit: 1,
    before: null,
  })
  if (!newest) return []
  const { distributions, report } = await reader.window(newest.id)
  const drifted = new Set(report.statistics.flatMap((one) => (one.drifted ? one.column : [])))
  return [...distributions]
    .sort((a, b) => Number(drifted.has(b.column)) - Number(drifted.has(a.column)))
    .slice(0, mostDistributions)
}

async function datasetPart(
  { data }: DocumentSources,
  { dataset, version, target }: ReportBody['datasets'][number],
): Promise<ReportDatasetPart> {
  const nothing = {
    dataset,
    version: version ?? null,
    rows: 0,
    columns: 0,
    duplicateRows: 0,
    missing: [],
    findings: [],
  }
  try {
    const newest = version ?? (await data.versions(dataset, 1)).items[0]?.version
    if (newest === undefined) return { ...nothing, problem: 'it has no version yet' }
    const report = await data.reports.report(dataset, newest, target)
    return {
      dataset,
      version: newest,
      problem: null,
      rows: report.rowCount,
      columns: report.columns.length,
      duplicateRows: report.duplicateRows,
      missing: report.columns
        .filter(({ missing }) => missing > 0)
        .map((column) => ({ column: column.name, share: column.missing / report.rowCount }))
        .sort((a, b) => b.share - a.share)
        .slice(0, mostMetrics),
      findings: report.alerts.map(({ severity, message }) => ({ severity, message })),
    }
  } catch (failure) {
    if (isKaizenError(failure)) return { ...nothing, problem: failure.message }
    throw failure
  }
}
