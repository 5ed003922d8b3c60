/** What MLflow's clients log of the machine begins so. */
const prefix = 'system/'

export const isSystemMetric = (key: string): boolean => key.startsWith(prefix)

export interface SystemLine {
  readonly metric: string
  readonly label: string
}
/** Lines of one kind and one unit, on one chart. */
export interface SystemPanel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly SystemLine[]
}

const kinds = ['CPU', 'Memory', 'GPU', 'Disk', 'Network', 'Machine'] as const
type Kind = (typeof kinds)[number]

const units: readonly (readonly [ending: string, unit: string])[] = [
  ['_percentage', '%'],
  ['_megabytes', 'MB'],
  ['_watts', 'W'],
]

/** The machine's metrics as charts: by what they are about, with one unit each, in the order that one looks at them. */
export function systemPanels(metrics: Iterable<string>): readonly SystemPanel[] {
  const panels = new Map<string, SystemPanel & { readonly kind: Kind; lines: SystemLine[] }>()
  for (const metric of [...metrics].filter(isSystemMetric).toSorted(byNumber)) {
    const { kind, subject, label, unit } = described(metric)
    const title = `${kind}${subject === '' ? '' : ` ${subject}`}`
    const panel = panels.get(`${title} ${unit}`) ?? { title, unit, kind, lines: [] }
    panel.lines.push({ metric, label })
    panels.set(`${title} ${unit}`, panel)
  }
  return [...panels.values()]
    .toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .map(({ title, unit, lines }) => ({ title, unit, lines }))
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

/** Reads a name such as `system/gpu_0_power_usage_watts` or `system/network_receive_megabytes`. */
function described(metric: string): {
  readonly kind: Kind
  readonly subject: string
  readonly label: string
  readonly unit: string
} {
  const name = metric.slice(prefix.length)
  const [ending, unit] = units.find(([one]) => name.endsWith(one)) ?? ['', '']
  const words = name.slice(0, name.length - ending.length).replaceAll('_', ' ')
  const gpu = /^gpu (\d+) (.*)$/.exec(words)
  if (gpu) return { kind: 'GPU', subject: gpu[2] ?? '', label: `GPU ${gpu[1]}`, unit }
  const known = /^(system memory|cpu|disk|network) (.*)$/.exec(words)
  const [, about = '', rest = words] = known ?? []
  if (about === 'cpu') return { kind: 'CPU', subject: rest, label: rest, unit }
  if (about === 'system memory') return { kind: 'Memory', subject: rest, label: rest, unit }
  if (about === 'disk') return { kind: 'Disk', subject: '', label: rest, unit }
  if (about === 'network') return { kind: 'Network', subject: '', label: rest, unit }
  return { kind: 'Machine', subject: words, label: words, unit }
}
