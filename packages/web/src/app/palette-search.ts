import type { Found, FoundKind } from '@kaizen/contracts'
import { pathOfSubject, paths } from '../shared/paths.ts'
import type { IconName } from '../shared/ui/icon.tsx'
import { places } from './places.ts'

export interface Entry {
  readonly label: string
  /** What tells it from others that are called the same. */
  readonly detail?: string | null
  readonly kind: string
  readonly href: string
  readonly icon: IconName
}

const kinds: Readonly<Record<FoundKind, readonly [label: string, icon: IconName]>> = {
  experiment: ['Experiment', 'experiments'],
  run: ['Run', 'experiments'],
  trace: ['Trace', 'experiments'],
  'evaluation-dataset': ['Evaluation dataset', 'evaluation'],
  model: ['Model', 'models'],
  'model-version': ['Model version', 'models'],
  prompt: ['Prompt', 'models'],
  dataset: ['Dataset', 'data'],
  'feature-view': ['Feature view', 'features'],
  pipeline: ['Pipeline', 'pipelines'],
  'pipeline-run': ['Pipeline run', 'pipelines'],
  candidate: ['Candidate', 'loop'],
  endpoint: ['Endpoint', 'endpoints'],
  monitor: ['Monitor', 'monitors'],
  'monitor-report': ['Report', 'monitors'],
}

const page = (label: string, href: string, icon: IconName): Entry => ({
  label,
  href,
  icon,
  kind: 'Page',
})
const settings = ['Account', 'Users', 'Roles', 'Workspaces', 'Tokens', 'Webhooks'] as const

/** Pages that are always there: places first, then what lies within them. */
export const pages: readonly Entry[] = [
  ...places.map((place) => page(place.label, place.href, place.icon)),
  page('Prompts', paths.prompts, 'models'),
  page('Evaluation datasets', paths.evaluationDatasets, 'evaluation'),
  page('Alerts', paths.alerts, 'monitors'),
  page('Reports of monitors', paths.reports, 'monitors'),
  ...settings.map((tab) =>
    page(`Settings: ${tab}`, paths.settingsTab(tab.toLowerCase()), 'settings'),
  ),
]

/** Pages whose names hold every word of a text; all of them before anything is typed. */
export function pagesFor(text: string): readonly Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return pages.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
}

/** What was found for an earlier text and fits the present one too: Enter never opens what no longer does. */
export const stillFitting = (items: readonly Found[], text: string): readonly Found[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return items.filter(({ kind, id, name }) => {
    const all = `${name} ${id} ${kind}`.toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** What was found, as far as there is a page to show it. */
export const entriesOf = (items: readonly Found[]): readonly Entry[] =>
  items.flatMap(({ kind, id, name, detail }) => {
    const href = pathOfSubject(`${kind}:${id}`)
    const [label, icon] = kinds[kind]
    return href === null ? [] : [{ label: name || id, detail, kind: label, icon, href }]
  })

/** Of which kinds there is more, in words; empty where all of it is shown. */
export const moreWords = (more: readonly FoundKind[]): string => {
  if (more.length === 0) return ''
  const named = more.map((kind) => `${kinds[kind][0].toLowerCase()}s`)
  const last = named.pop()
  return `There are more ${[named.join(', '), last].filter(Boolean).join(' and ')}: another word narrows it.`
}
