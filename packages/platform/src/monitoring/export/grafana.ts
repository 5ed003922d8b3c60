import type { MetricPoint, MonitorRecord } from '../model.ts'

const width = 12
const height = 8
/** Panels of one dashboard; the columns that are worst come first. */
const panelLimit = 40

/** A dashboard for Grafana over the metrics that Prometheus scrapes: one panel for each family of metrics. */
export function grafanaDashboard(monitor: MonitorRecord, metrics: readonly MetricPoint[]): unknown {
  const families = [...new Set(metrics.map(({ metric }) => familyOf(metric)))].sort()
  const shown = families.slice(0, panelLimit)
  return {
    __inputs: [
      {
        name: 'DS_PROMETHEUS',
        label: 'Prometheus',
        type: 'datasource',
        pluginId: 'prometheus',
        pluginName: 'Prometheus',
      },
    ],
    uid: `kaizen-${monitor.name}`.slice(0, 40),
    title: `Kaizen ${monitor.name}`,
    tags: ['kaizen', 'monitoring'],
    timezone: 'utc',
    schemaVersion: 39,
    version: monitor.version,
    editable: true,
    refresh: '1m',
    time: { from: 'now-30d', to: 'now' },
    templating: { list: [] },
    annotations: { list: [] },
    panels: [
      alertPanel(monitor.name),
      ...shown.map((family, index) => seriesPanel(monitor.name, family, index)),
    ],
  }
}

/** `drift:temp:psi` and `drift:hum:psi` share a panel, as do the segments of a metric. */
function familyOf(metric: string): string {
  const [whole = ''] = metric.split('@')
  const parts = whole.split(':')
  return parts.length > 2
    ? `${parts[0]}:.*:${parts.at(-1)}`
    : metric.startsWith('performance')
      ? whole
      : `${parts[0]}:.*`
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's.
const source = { type: 'prometheus', uid: '${DS_PROMETHEUS}' } as const

const alertPanel = (monitor: string) => ({
  id: 1,
  type: 'stat',
  title: 'Open alerts',
  datasource: source,
  gridPos: { x: 0, y: 0, w: 24, h: 4 },
  fieldConfig: {
    defaults: {
      thresholds: {
        mode: 'absolute',
        steps: [
          { color: 'green', value: null },
          { color: 'red', value: 1 },
        ],
      },
    },
    overrides: [],
  },
  options: {
    graphMode: 'area',
    colorMode: 'background',
    justifyMode: 'auto',
    textMode: 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
    orientation: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
  targets: [
    {
      refId: 'A',
      datasource: source,
      expr: `sum(kaizen_alerts_open{monitor=${JSON.stringify(monitor)}}) or vector(0)`,
    },
  ],
})

const seriesPanel = (monitor: string, family: string, index: number) => ({
  id: index + 2,
  type: 'timeseries',
  title: family.replaceAll('.*', '*'),
  datasource: source,
  gridPos: { x: (index % 2) * width, y: 4 + Math.floor(index / 2) * height, w: width, h: height },
  // Values come once a window: what lies between is not drawn as if it were known.
  fieldConfig: { defaults: { custom: { spanNulls: false } }, overrides: [] },
  options: {
    legend: { displayMode: 'table', placement: 'right', showLegend: true, calcs: ['lastNotNull'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  targets: [
    {
      refId: 'A',
      datasource: source,
      expr: `kaizen_monitor_value{monitor=${JSON.stringify(monitor)},metric=~${JSON.stringify(pattern(family))}}`,
      legendFormat: '{{metric}}',
    },
  ],
})

/** A family as a regular expression of Prometheus, with all but its own wildcard taken literally. */
const pattern = (family: string): string =>
  family
    .split('.*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
    .concat(family.endsWith('.*') ? '' : '(@.*)?')
