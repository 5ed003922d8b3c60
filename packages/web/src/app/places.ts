import { paths } from '../shared/paths.ts'
import type { IconName } from '../shared/ui/icon.tsx'

export interface Place {
  readonly label: string
  readonly href: string
  readonly icon: IconName
  /** The letter after `g`. */
  readonly key: string
  /** Address prefixes that belong to this place. */
  readonly prefixes: readonly string[]
}

/** The left bar, in the order of the lifecycle. A new page gets its line here. */
export const places: readonly Place[] = [
  {
    label: 'Loop',
    href: paths.loop,
    icon: 'loop',
    key: 'l',
    prefixes: ['/candidates', '/decisions'],
  },
  { label: 'Data', href: paths.data, icon: 'data', key: 'd', prefixes: ['/data'] },
  {
    label: 'Features',
    href: paths.features,
    icon: 'features',
    key: 'f',
    prefixes: ['/features'],
  },
  {
    label: 'Experiments',
    href: paths.experiments,
    icon: 'experiments',
    key: 'e',
    prefixes: ['/experiments', '/runs', '/traces', '/evaluation-datasets'],
  },
  {
    label: 'Models',
    href: paths.models,
    icon: 'models',
    key: 'm',
    prefixes: ['/models', '/prompts'],
  },
  {
    label: 'Pipelines',
    href: paths.pipelines,
    icon: 'pipelines',
    key: 'p',
    prefixes: ['/pipelines', '/pipeline-runs'],
  },
  {
    label: 'Endpoints',
    href: paths.endpoints,
    icon: 'endpoints',
    key: 'n',
    prefixes: ['/endpoints', '/batch-jobs', '/batch-schedules', '/streams', '/ensembles'],
  },
  {
    label: 'Monitors',
    href: paths.monitors,
    icon: 'monitors',
    key: 'o',
    prefixes: ['/monitors', '/monitor-windows', '/monitor-reports', '/alerts'],
  },
  {
    label: 'Governance',
    href: paths.governance,
    icon: 'governance',
    key: 'a',
    prefixes: ['/governance'],
  },
  { label: 'Settings', href: paths.settings, icon: 'settings', key: 's', prefixes: ['/settings'] },
]

/** The place that an address belongs to. */
export const placeOf = (pathname: string): Place | undefined =>
  places.find(
    (place) =>
      place.href === pathname ||
      place.prefixes.some((prefix) => pathname === prefix || pathname.startsWith(`${prefix}/`)),
  )
