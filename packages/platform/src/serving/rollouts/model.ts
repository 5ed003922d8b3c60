import type { RolloutDecision, RolloutSpec, RolloutState, RouterSpec } from '@kaizen/contracts'
import type { ResolvedArm } from '../endpoints/endpoints.store.ts'

/** An arm with the version that it stands for. */
export interface ArmPin {
  readonly arm: string
  readonly model: string
  readonly version: number
  /** What no alias can move; that of the registry's version where nothing is said. */
  readonly uri?: string | undefined
}

/** A rollout as it is stored. */
export interface RolloutRecord {
  readonly endpoint: string
  readonly number: number
  readonly spec: RolloutSpec
  readonly state: RolloutState
  readonly step: number
  readonly stepSince: number
  readonly startedAt: number
  readonly startedBy: string
  readonly endedAt: number | null
  readonly baseline: ArmPin
  readonly candidate: ArmPin
  /** The route that was in force, to go back to. */
  readonly before: { readonly arms: readonly ResolvedArm[]; readonly router: RouterSpec | null }
  /** Revision of the route that this rollout has set last; null while one is still to be set. */
  readonly applied: number | null
  /** Requests that did not fit the candidate, kept here because the log holds only what fits. */
  readonly schemaFailures: number
}

export interface StoredDecision extends RolloutDecision {
  readonly endpoint: string
  readonly number: number
  readonly seq: number
}
