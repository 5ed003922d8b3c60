import { KaizenError, type ModelVersionView, type RolloutSpec } from '@kaizen/contracts'
import type { StoredRoute } from '../endpoints.store.ts'
import { isRemote } from '../remote/remote-uri.ts'
import type { RolloutRecord } from './model.ts'

export interface StartContext {
  readonly endpoint: string
  readonly latest: RolloutRecord | undefined
  readonly route: StoredRoute | undefined
  readonly candidate: ModelVersionView
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
  if (isRemote(baseline.model)) {
    throw conflict(
      `"${baseline.name}" asks another server; rollouts move versions of the registry`,
      'Share the traffic by weights: kaizen endpoints route.',
    )
  }
  if (baseline.modelName === candidate.name && baseline.version === candidate.version) {
    throw conflict(
      `${candidate.name}/${candidate.version} answers on "${endpoint}" already`,
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
    baseline: { arm: baseline.name, model: baseline.modelName, version: baseline.version },
    candidate: { arm: spec.arm, model: candidate.name, version: candidate.version },
    before: { arms: route.arms, router: route.router ?? null },
    applied: null,
    schemaFailures: 0,
  }
}

const conflict = (message: string, hint: string): KaizenError =>
  new KaizenError('CONFLICT', message, { hint })
