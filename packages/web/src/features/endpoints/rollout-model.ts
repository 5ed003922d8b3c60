import type { EndpointView, RolloutAction, RolloutView, Route } from '@kaizen/contracts'

/** A step of a rollout as the page shows it. */
export interface StepView {
  readonly key: string
  readonly weight: number
  readonly duration: string
  readonly minSamples: number
  readonly state: 'passed' | 'running' | 'paused' | 'waiting' | 'rolled_back'
}

/** Steps with how far each has come. */
export function stepsOf({ spec, state, step }: RolloutView): readonly StepView[] {
  return spec.steps.map((one, i) => ({
    key: `${i}`,
    ...one,
    state:
      state === 'promoted' || i < step
        ? 'passed'
        : i > step
          ? 'waiting'
          : state === 'running' || state === 'paused'
            ? state
            : 'rolled_back',
  }))
}

/** What can be done with a rollout, and what each will do, in words. */
export function actionsOf({ state, step, spec, candidate, baseline }: RolloutView): readonly {
  readonly action: RolloutAction
  readonly label: string
  readonly effect: string
}[] {
  const next = spec.steps[step + 1]
  const name = `${candidate.model}/${candidate.version}`
  const back = `${baseline.model}/${baseline.version}`
  const promote = {
    action: 'promote',
    label: 'Promote',
    effect: spec.dryRun
      ? 'The dry run ends; traffic stays as it is.'
      : `${name} answers all traffic.`,
  } as const
  const rollback = {
    action: 'rollback',
    label: 'Roll back',
    effect: `The route from before is set again: ${back} answers.`,
  } as const
  if (state === 'promoted') return spec.dryRun ? [] : [rollback]
  if (state !== 'running' && state !== 'paused') return []
  const skip = next
    ? [
        {
          action: 'skip',
          label: 'Skip step',
          effect: `The next step begins: ${Math.round(next.weight * 1000) / 10} % of the traffic.`,
        } as const,
      ]
    : []
  const hold =
    state === 'running'
      ? ({
          action: 'pause',
          label: 'Pause',
          effect: 'It stays at this step; guardrails go on.',
        } as const)
      : ({ action: 'resume', label: 'Resume', effect: 'It moves forward again.' } as const)
  return [promote, ...skip, hold, rollback]
}

/** Weights in percent as typed, held against what a route allows. */
export function weightsProblem(texts: readonly string[]): string | null {
  const shares = texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (shares.some((share) => !(share >= 0 && share <= 100))) return 'Each share is 0 to 100 %.'
  const total = shares.reduce((sum, share) => sum + share, 0)
  return Math.abs(total - 100) < 1e-4
    ? null
    : `They add up to ${Number(total.toFixed(4))} %, not 100 %.`
}

/** The route in force with other weights; versions are pinned, so that no alias moves them. */
export function reweighted(
  { arms, router }: EndpointView,
  shares: ReadonlyMap<string, number>,
): Route {
  return {
    arms: arms.map(({ name, mode, weight, modelName, version }) => ({
      name,
      mode,
      model: `models:/${modelName}/${version}`,
      weight: mode === 'live' ? (shares.get(name) ?? 0) / 100 : weight,
    })),
    router,
  }
}

/** `0.05:10m:500, 0.5:1h:5000` as steps; what is wrong otherwise. */
export function parseSteps(text: string):
  | {
      readonly ok: true
      readonly steps: { weight: number; duration: string; minSamples: number }[]
    }
  | { readonly ok: false; readonly problem: string } {
  const steps: { weight: number; duration: string; minSamples: number }[] = []
  for (const part of text.split(',')) {
    const [, share, duration, samples] =
      /^\s*([\d.]+)\s*%?\s*:\s*(\d+(?:ms|s|m|h|d|w))\s*:\s*(\d+)\s*$/.exec(part) ?? []
    const weight = Number(share) / 100
    if (duration === undefined || !(weight > 0 && weight <= 1) || !(Number(samples) >= 1)) {
      return {
        ok: false,
        problem: `"${part.trim()}" is not SHARE %:TIME:SAMPLES, such as 5:10m:500`,
      }
    }
    steps.push({ weight, duration, minSamples: Number(samples) })
  }
  const falls = steps.some(({ weight }, i) => i > 0 && weight < steps[i - 1]!.weight)
  return falls ? { ok: false, problem: 'Shares must not fall.' } : { ok: true, steps }
}
