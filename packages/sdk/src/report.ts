import type { ReportDeclarationInput, ReportSection } from '@kaizen/contracts'
import type { Dataset } from './dataset.ts'
import type { Monitor } from './monitor.ts'

export interface ReportOptions {
  readonly title?: string
  readonly monitors?: readonly Monitor[]
  /** Their newest versions, or one that is named; `target` tells of each column's relation to it. */
  readonly datasets?: readonly (
    | Dataset
    | { readonly dataset: Dataset; readonly version?: number; readonly target?: string }
  )[]
  /** All unless told. */
  readonly sections?: readonly [ReportSection, ...ReportSection[]]
  /** The time before the report is made, `7d` unless told, or a fixed span in milliseconds. */
  readonly period?: string | { readonly from: number; readonly to: number }
  /** `previous`: beside the bounds, the span of the same length before. */
  readonly compare?: 'reference' | 'previous'
  /** When it is sent to `channels`, in UTC unless told. */
  readonly schedule?: { readonly cron: string; readonly timeZone?: string }
  /** Names of alert channels. */
  readonly channels?: readonly string[]
}

export interface Report {
  readonly kind: 'report'
  readonly name: string
  readonly monitors: readonly Monitor[]
  readonly datasets: readonly Dataset[]
  readonly declaration: ReportDeclarationInput
}

/** Declares a report over monitors and datasets, kept by its name and sent by schedule. */
export function report(name: string, options: ReportOptions): Report {
  const { monitors = [], period = '7d', channels = [] } = options
  const told = (options.datasets ?? []).map((one) => ('kind' in one ? { dataset: one } : one))
  return {
    kind: 'report',
    name,
    monitors,
    datasets: told.map(({ dataset }) => dataset),
    declaration: {
      name,
      title: options.title ?? '',
      monitors: monitors.map((monitor) => monitor.name),
      datasets: told.map(({ dataset, ...rest }) => ({ dataset: dataset.name, ...rest })),
      ...(options.sections && { sections: [...options.sections] }),
      period: typeof period === 'string' ? { last: period } : period,
      compare: options.compare ?? 'reference',
      schedule: options.schedule ?? null,
      channels: [...channels],
    },
  }
}
