import type { LogRetention } from '@kaizen/contracts'
import { formatBytes } from '../../shared/format/number.ts'

/** What retention keeps, in words. */
export function retentionText(retention: LogRetention | null): string {
  if (retention?.hold) return 'everything: on hold'
  const rules = [
    ...(retention?.days === undefined ? [] : [`${retention.days} days`]),
    ...(retention?.maxBytes === undefined ? [] : [`at most ${formatBytes(retention.maxBytes)}`]),
  ]
  return rules.length === 0 ? 'for good' : rules.join(', ')
}
