import { durationMs, type Route } from '@kaizen/contracts'
import { loggedPredictions, type Predictions } from '../evaluation/index.ts'
import { brokenGuardrail, disagreementOf } from './guardrails.ts'
import { Judge, modelUri } from './judge.ts'
import {
  type CandidateRecord,
  type ContinualDeps,
  type EndpointView,
  type PolicyRecord,
  policyActor,
  type RolloutStep,
} from './model.ts'

/** How a rollout step stands. */
export type StepVerdict =
  /** Its time is not over, or it has seen too few requests. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'kept'; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'broken'
      readonly reason: string
      readonly data: Readonly<Record<string, unknown>>
    }
  /** Somebody has set another route meanwhile. */
  | { readonly kind: 'overruled' }

const armName = (version: number): string => `v${version}`

/** Moves traffic to a candidate and back, and looks at how it does. */
export class Rollout {
  readonly #deps: ContinualDeps
  readonly #judge: Judge

  constructor(deps: ContinualDeps, judge = new Judge(deps)) {
    this.#deps = deps
    this.#judge = judge
  }

  /** Sets the route of a step; one that is in force already is left alone. */
  async begin(policy: PolicyRecord, candidate: CandidateRecord, step: RolloutStep): Promise<void> {
    const view = await this.#deps.serving.view(policy.declaration.endpoint)
    const reason = `candidate ${candidate.number}: ${stepText(step)}`
    await this.#set(policy, view, { route: routeOf(view, candidate, step), reason })
  }

  /** Gives all traffic to one version. */
  async giveAll(
    policy: PolicyRecord,
    target: { readonly version: number; readonly uri: string | null; readonly reason: string },
  ): Promise<void> {
    const view = await this.#deps.serving.view(policy.declaration.endpoint)
    const model = target.uri ?? modelUri(view.model, target.version)
    const arm = { name: armName(target.version), model, mode: 'live', weight: 1 } as const
    await this.#set(policy, view, { route: { arms: [arm] }, reason: target.reason })
  }

  /** Looks at the step under way: its guardrails, its time and its requests. */
  async check(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    step: RolloutStep,
  ): Promise<StepVerdict> {
    const { clock, serving } = this.#deps
    const { endpoint, guardrails } = policy.declaration
    const version = candidate.modelVersion
    const view = await serving.view(endpoint)
    if (!view.arms.some((arm) => arm.version === version)) return { kind: 'overruled' }
    const since = candidate.rolloutSince ?? clock.now()
    const span = { from: since, to: clock.now() + 1 }
    const mode = step.kind === 'shadow' ? 'shadow' : 'live'
    const own = (await serving.armStats(endpoint, span)).find(
      (stats) => stats.version === version && stats.mode === mode,
    )
    const requests = own?.requests ?? 0
    const over = clock.now() >= since + durationMs(step.duration)
    const isFinal = over && requests >= step.minSamples
    const compared =
      guardrails.maxDisagreement === undefined
        ? { value: null, rows: 0 }
        : await this.#disagreement(policy, candidate, { mode, span })
    const data = {
      step,
      since,
      requests,
      errors: own?.errors ?? 0,
      p99Ms: own?.p99 ?? null,
      disagreement: compared.value,
      compared: compared.rows,
    }
    const reason = brokenGuardrail({ guardrails, ...data, isFinal })
    if (reason !== null) return { kind: 'broken', reason, data: { ...data, guardrails } }
    return isFinal ? { kind: 'kept', data } : { kind: 'wait' }
  }

  /** Answers of candidate and champion to the same rows: a shadow has both logged, a canary's are scored again. */
  async #disagreement(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    given: {
      readonly mode: 'live' | 'shadow'
      readonly span: { readonly from: number; readonly to: number }
    },
  ): Promise<{ readonly value: number | null; readonly rows: number }> {
    const { serving } = this.#deps
    const { endpoint } = policy.declaration
    const own = await serving.predictions(endpoint, given.span, { mode: given.mode })
    const mine = Array.from(own.version.keys()).filter(
      (row) => own.version[row] === candidate.modelVersion && own.error[row] === null,
    )
    if (mine.length === 0) return { value: null, rows: 0 }
    const answers = loggedPredictions(own.outputs)
    if (given.mode === 'shadow') {
      const live = await serving.predictions(endpoint, given.span)
      const byId = new Map(live.inferenceId.map((id, row) => [id, row]))
      const theirs = loggedPredictions(live.outputs)
      const pairs = mine.map((row) => ({ own: row, their: byId.get(own.inferenceId[row]!) }))
      return compare(answers, theirs, pairs)
    }
    if (candidate.championUri === null) return { value: null, rows: 0 }
    const theirs = await this.#judge.answers(candidate.championUri, own)
    return compare(
      answers,
      theirs,
      mine.map((row) => ({ own: row, their: row })),
    )
  }

  async #set(
    policy: PolicyRecord,
    view: EndpointView,
    wanted: { readonly route: Route; readonly reason: string },
  ): Promise<void> {
    const inForce = view.arms.map(({ name, mode, weight, version }) => ({
      name,
      mode,
      weight: mode === 'live' ? weight : 0,
      version,
    }))
    const asked = wanted.route.arms.map(({ name, mode, weight, model }) => ({
      name,
      mode,
      weight: mode === 'live' ? weight : 0,
      version: Number(model.split('/').at(-1)),
    }))
    if (JSON.stringify(inForce) === JSON.stringify(asked)) return
    const actor = policyActor(policy.name)
    await this.#deps.serving.setRoute(actor, view.name, wanted.route, wanted.reason)
  }
}

/** The arms of a step: the champion beside the candidate, which watches or shares. */
function routeOf(view: EndpointView, candidate: CandidateRecord, step: RolloutStep): Route {
  const [championVersion, version] = [candidate.championVersion ?? 0, candidate.modelVersion ?? 0]
  const share = step.kind === 'canary' ? step.weight : 0
  return {
    arms: [
      {
        name: armName(championVersion),
        model: candidate.championUri ?? modelUri(view.model, championVersion),
        mode: 'live',
        weight: 1 - share,
      },
      {
        name: armName(version),
        model: modelUri(view.model, version),
        mode: step.kind === 'shadow' ? 'shadow' : 'live',
        weight: step.kind === 'shadow' ? 1 : share,
      },
    ],
  }
}

export const stepText = (step: RolloutStep): string =>
  step.kind === 'shadow'
    ? `shadow for ${step.duration}`
    : `canary with ${Number((step.weight * 100).toFixed(1))} % of the traffic for ${step.duration}`

interface Pair {
  readonly own: number
  readonly their: number | undefined
}

/** How far the candidate's answers are from the champion's; of labels, the share that differs. */
function compare(
  own: Predictions,
  theirs: Predictions,
  pairs: readonly Pair[],
): ReturnType<typeof disagreementOf> {
  const known = pairs.flatMap(({ own: row, their }) =>
    their === undefined ? [] : [{ row, their }],
  )
  if (own.task === 'regression' && theirs.task === 'regression') {
    return disagreementOf(
      known.map(({ their }) => theirs.values[their]!),
      known.map(({ row }) => own.values[row]!),
    )
  }
  if (own.task === 'regression' || theirs.task === 'regression') return { value: null, rows: 0 }
  const equal = known.map(({ row, their }) => Number(own.labels[row] === theirs.labels[their]))
  return disagreementOf(
    equal.map(() => 1),
    equal,
  )
}
