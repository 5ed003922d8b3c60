import type {
  AlertRule,
  DriftMethod,
  MonitorDeclaration,
  PerformanceMetric,
} from '@kaizen/contracts'
import type { Endpoint } from './endpoint.ts'

/** What an alert watches; `any` stands for the worst of the monitor's columns. */
export type WatchedMetric =
  | `drift:${string}:${DriftMethod}`
  | `prediction:${DriftMethod}`
  | `performance:${PerformanceMetric}`
  | `missing:${string}`
  | 'range:any'

export interface AlertOptions {
  readonly metric: WatchedMetric
  readonly above?: number
  readonly below?: number
  /** Above this many times the value on the reference. */
  readonly aboveReference?: number
  /** How many of the last `of` windows must break the bound; the last one unless told. */
  readonly windows?: number
  readonly of?: number
  /** `warning` unless told. */
  readonly severity?: AlertRule['severity']
}

/** An alert of a monitor. */
export const alert = (name: string, options: AlertOptions): AlertRule => ({
  name,
  windows: 1,
  of: Math.max(1, options.windows ?? 1),
  severity: 'warning',
  ...options,
})

export interface MonitorOptions {
  readonly description?: string
  readonly endpoint: Endpoint
  /** Length of a window of inputs and predictions, in event time; `1d` unless told. */
  readonly window?: string
  /** How long after its end a window waits for late rows. */
  readonly lateness?: string
  /** Statistics of drift; PSI, Kolmogorov-Smirnov and Jensen-Shannon unless told. */
  readonly drift?: readonly DriftMethod[]
  /** Columns to watch; all inputs of the model unless told. */
  readonly columns?: readonly string[]
  /** Quality on labelled predictions of the last `window`. */
  readonly performance?: {
    readonly metrics: readonly [PerformanceMetric, ...PerformanceMetric[]]
    readonly window: string
    readonly minSamples?: number
  }
  /** A forecast that costs nothing, shown beside the model: the label of so long ago. */
  readonly naive?: { readonly lag: string }
  readonly alerts?: readonly AlertRule[]
}

export interface Monitor {
  readonly kind: 'monitor'
  readonly name: string
  readonly endpoint: Endpoint
  readonly declaration: MonitorDeclaration
}

/** Declares a monitor: what is watched on an endpoint, and when to speak up. */
export function monitor(name: string, options: MonitorOptions): Monitor {
  const { performance } = options
  return {
    kind: 'monitor',
    name,
    endpoint: options.endpoint,
    declaration: {
      name,
      description: options.description ?? '',
      endpoint: options.endpoint.name,
      window: options.window ?? '1d',
      lateness: options.lateness ?? '0s',
      reference: 'training',
      drift: [...(options.drift ?? (['psi', 'ks', 'js'] as const))],
      columns: [...(options.columns ?? [])],
      performance: performance
        ? {
            metrics: [...performance.metrics],
            window: performance.window,
            minSamples: performance.minSamples ?? 30,
          }
        : null,
      naive: options.naive ?? null,
      alerts: [...(options.alerts ?? [])],
    },
  }
}
