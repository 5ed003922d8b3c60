import type { Route } from '@kaizen/contracts'
import type { ResolvedArm, StoredRoute } from '../endpoints/endpoints.store.ts'
import { pinnedUri } from '../model-identities.ts'
import type { ArmPin, RolloutRecord } from './model.ts'

const pinned = ({ model, version, uri }: ArmPin): string => uri ?? `models:/${model}/${version}`

const pinnedArm = (arm: ResolvedArm) => ({
  name: arm.name,
  mode: arm.mode,
  weight: arm.weight,
  model: pinnedUri(arm),
})

/** The route that a rollout wants in its present state; undefined where it no longer has a say. */
export function desiredRoute(rollout: RolloutRecord): Route | undefined {
  const { spec, state, step, baseline, candidate, before } = rollout
  const shadows = before.arms.filter(({ mode }) => mode === 'shadow').map(pinnedArm)
  const router = before.router ?? undefined
  const arm = (name: string, of: typeof baseline, weight: number) =>
    ({ name, mode: 'live', weight, model: pinned(of) }) as const
  switch (state) {
    case 'running':
    case 'paused': {
      const { weight } = spec.steps[step]!
      if (spec.dryRun) {
        const watcher = { ...arm(candidate.arm, candidate, weight), mode: 'shadow' as const }
        return { arms: [arm(baseline.arm, baseline, 1), watcher, ...shadows], router }
      }
      const arms = [
        arm(baseline.arm, baseline, 1 - weight),
        arm(candidate.arm, candidate, weight),
        ...shadows,
      ]
      return { arms, router: { kind: 'weighted', salt: `rollout-${rollout.number}` } }
    }
    case 'promoted':
      if (spec.dryRun) return { arms: before.arms.map(pinnedArm), router }
      // The candidate takes the place of the baseline, and its name with it.
      return { arms: [arm(baseline.arm, candidate, 1), ...shadows], router }
    case 'rolled_back':
      return { arms: before.arms.map(pinnedArm), router }
    case 'overruled':
      return undefined
  }
}

/** True where a stored route is already what is wanted. */
export function isInForce(wanted: Route, stored: StoredRoute | undefined): boolean {
  if (!stored) return false
  const text = (arms: readonly { name: string; mode: string; weight: number; uri: string }[]) =>
    JSON.stringify(arms.map(({ name, mode, weight, uri }) => [name, mode, weight, uri]))
  return (
    text(wanted.arms.map((arm) => ({ ...arm, uri: arm.model }))) ===
    text(
      stored.arms.map((arm) => ({
        ...arm,
        uri: pinnedUri(arm),
      })),
    )
  )
}
