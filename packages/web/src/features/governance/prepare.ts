import type { AuditEvent } from '@kaizen/contracts'
import { leaf } from '../../shared/ui/fields-model.ts'

const longest = 140

/** The data of an event in one line: its reason or summary first, then its plain fields. */
export function eventWords(event: AuditEvent): string {
  const { reason, summary, ...rest } = event.data
  const lead = [summary, reason].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  )
  const fields = Object.entries(rest)
    .filter(([, value]) => value === null || typeof value !== 'object')
    .map(([key, value]) => `${key} ${leaf(key, value as string | number | boolean | null)}`)
  const words = [...lead, ...fields].join(', ')
  return words.length > longest ? `${words.slice(0, longest - 1)}…` : words
}

/** Kinds of events to choose from in the filter: whole stages. */
export const eventFilters = [
  ['', 'All events'],
  ['data.*', 'Data'],
  ['tracking.*', 'Tracking'],
  ['registry.*', 'Registry'],
  ['pipelines.*', 'Pipelines'],
  ['serving.*', 'Serving'],
  ['monitoring.*', 'Monitoring'],
  ['continual.*', 'Loop decisions'],
  ['delivery.*', 'Projects'],
  ['identity.*', 'Tokens'],
] as const
