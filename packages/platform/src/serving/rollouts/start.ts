import { KaizenError, type RolloutSpec } from '@kaizen/contracts'
import type { StoredRoute } from '../endpoints/endpoints.store.ts'
import { type ModelIdentity, pinnedUri } from '../model-identities.ts'
import type { ArmPin, RolloutRecord } from './model.ts'

export interface StartContext {
  readonly endpoint: string
  readonly latest: RolloutRecord | undefined
  readonly route: StoredRoute | undefined
  readonly candidate: ModelIdentity
  readonly actor: string
  readonly now: number
}

/** The first state of a rollout. @throws CONFLICT where one is under way or the route has not one live arm */
export function newRollout(spec: RolloutSpec, context: StartContext): RolloutRecord {
  const { endpoint, latest, route, candidate, now } = context
  if (latest && (latest.state === 'running' || latest.state === 'paused')) {
    throw conflict(
      `rollout ${latest.number} of "${endpoint}" is under way`,
      'Promote it or roll it back first.',
    )
  }
  const live = route?.arms.filter(({ mode }) => mode === 'live') ?? []
  const [baseline] = live
  if (!route || !baseline || live.length > 1) {
    throw conflict(
      `"${endpoint}" has ${live.length} live arms; a rollout holds a candidate against exactly one`,
      `Set one first: kaizen endpoints route ${endpoint} champion=models:/MODEL/VERSION --reason …`,
    )
  }
  if (pinnedUri(baseline) === pinnedUri(candidate)) {
    throw conflict(
      `${pinnedUri(candidate).replace(/^models:\//, '')} answers on "${endpoint}" already`,
      'Roll another version out.',
    )
  }
  const taken = route.arms.find(({ name }) => name === spec.arm)
  if (taken) {
    throw conflict(
      `the route of "${endpoint}" has an arm "${spec.arm}" already`,
      'Give the candidate another name: "arm".',
    )
  }
  return {
    endpoint,
    number: (latest?.number ?? 0) + 1,
    spec,
    state: 'running',
    step: 0,
    stepSince: now,
    startedAt: now,
    startedBy: context.actor,
    endedAt: null,
    baseline: pinOf(baseline.name, baseline),
    candidate: pinOf(spec.arm, candidate),
    before: { arms: route.arms, router: route.router ?? null },
    applied: null,
    schemaFailures: 0,
  }
}

const pinOf = (arm: string, identity: ModelIdentity): ArmPin => ({
  arm,
  model: identity.modelName,
  version: identity.version,
  uri: pinnedUri(identity),
})

const conflict = (message: string, hint: string): KaizenError =>
  new KaizenError('CONFLICT', message, { hint })
