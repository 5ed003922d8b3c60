import type { AuditEvent } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'

export type { AuditEvent } from '@kaizen/contracts'

/** What a stage says about a change; the log adds number, time and hashes. */
export interface NewAuditEvent {
  readonly actor: Actor | string
  /** `<stage>.<noun>.<past participle>`, for example `registry.alias.set`. */
  readonly type: string
  /** What it happened to: `<noun>:<name>`. */
  readonly subject: string
  /** JSON: why, with the numbers; before and after where something changed. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly requestId?: string | undefined
}

/** The hash before the first event. */
export const genesisHash = '0'.repeat(64)

export type ChainedFields = Omit<AuditEvent, 'hash'>
