import type { AuditEvent, AuditVerification } from '@kaizen/contracts'
import { canonicalJson, sha256 } from '../kernel/index.ts'
import { type ChainedFields, genesisHash } from './model.ts'

/**
 * Hash of an event: SHA-256 over the canonical JSON of all its other fields, the previous hash among them. Its own
 * fields are written in the canonical order by hand, which is twice as fast: every change of state waits for this.
 */
export const hashEvent = (fields: ChainedFields): string =>
  sha256(
    `{"actor":${text(fields.actor)},"at":${fields.at},"data":${counts(fields.data) ? JSON.stringify(fields.data) : canonicalJson(fields.data)},"previousHash":${text(fields.previousHash)},"requestId":${fields.requestId === null ? 'null' : text(fields.requestId)},"seq":${fields.seq},"subject":${text(fields.subject)},"type":${text(fields.type)}}`,
  )

const text = (value: string): string =>
  value.isWellFormed() ? JSON.stringify(value) : canonicalJson(value)

/** Whether data is numbers by name in the canonical order: then its JSON is the canonical one. */
function counts(data: ChainedFields['data']): boolean {
  let last = ''
  for (const [name, value] of Object.entries(data)) {
    if (typeof value !== 'number' || !Number.isFinite(value)) return false
    if (name <= last || !name.isWellFormed()) return false
    last = name
  }
  return true
}

/** Where a verification stands between two batches of events. */
export interface ChainState {
  readonly seq: number
  readonly hash: string
}
export const chainStart: ChainState = { seq: 0, hash: genesisHash }

/** Checks that `events` continue the chain; answers the new state, or the first event that does not fit. */
export function followChain(
  start: ChainState,
  events: readonly AuditEvent[],
): ChainState | NonNullable<AuditVerification['problem']> {
  let state = start
  for (const event of events) {
    if (event.seq !== state.seq + 1) {
      return event.seq > state.seq + 1
        ? {
            seq: state.seq + 1,
            kind: 'missing',
            message: `event ${state.seq + 1} is missing; the next one is ${event.seq}`,
          }
        : {
            seq: event.seq,
            kind: 'reordered',
            message: `event ${event.seq} stands after event ${state.seq}`,
          }
    }
    if (hashEvent(event) !== event.hash) {
      return {
        seq: event.seq,
        kind: 'altered',
        message: `the content of event ${event.seq} does not match its hash`,
      }
    }
    if (event.previousHash !== state.hash) {
      return {
        seq: event.seq,
        kind: 'reordered',
        message: `event ${event.seq} does not follow the event before it`,
      }
    }
    state = { seq: event.seq, hash: event.hash }
  }
  return state
}
