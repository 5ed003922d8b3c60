import type { AuditEvent, AuditVerification } from '@kaizen/contracts'
import { digestOf } from '../kernel/index.ts'
import { type ChainedFields, genesisHash } from './model.ts'

/** Hash of an event: SHA-256 over the canonical JSON of all its other fields, the previous hash among them. */
export const hashEvent = (fields: ChainedFields): string =>
  digestOf({
    seq: fields.seq,
    at: fields.at,
    actor: fields.actor,
    type: fields.type,
    subject: fields.subject,
    data: fields.data,
    requestId: fields.requestId,
    previousHash: fields.previousHash,
  })

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
