import type { Dataset, DatasetVersion, ModelVersionView, MonitorView } from '@kaizen/contracts'
import type { LatestMetric } from '../monitoring/index.ts'
import { championOf } from './judge.ts'
import type {
  CandidateRecord,
  Decision,
  EndpointView,
  LoopStage,
  LoopView,
  PolicyRecord,
  PolicyView,
} from './model.ts'
import { candidateView } from './views.ts'

/** Everything that the ring shows, as the stages tell it. */
export interface LoopParts {
  readonly policy: PolicyRecord
  readonly view: PolicyView
  readonly dataset: Dataset
  readonly version: DatasetVersion | null
  readonly endpoint: EndpointView
  readonly champion: ModelVersionView | null
  readonly monitor: MonitorView
  /** The first metric of the monitor's performance, with its newest value. */
  readonly performance: { readonly metric: string; readonly latest: LatestMetric | null } | null
  readonly openAlert: { readonly message: string; readonly openedAt: number } | null
  /** Newest first. */
  readonly candidates: readonly CandidateRecord[]
  /** Newest first. */
  readonly decisions: readonly Decision[]
  readonly now: number
}

/** The ring of a policy: what is at each stage now, what happened there last and why. */
export function loopView(parts: LoopParts): LoopView {
  const { policy, view, endpoint, candidates, decisions, now } = parts
  const { declaration } = policy
  const newest = candidates[0]
  return {
    policy: policy.name,
    project: policy.project,
    endpoint: declaration.endpoint,
    monitor: declaration.monitor,
    pipeline: declaration.pipeline,
    dataset: declaration.dataset,
    model: endpoint.model,
    state: view.state,
    stages: [
      dataStage(parts),
      trainingStage(parts),
      evaluationStage(parts),
      registryStage(parts),
      deploymentStage(parts),
      servingStage(parts),
      feedbackStage(parts),
      monitoringStage(parts),
      triggerStage(parts),
    ],
    candidate: newest ? candidateView(policy, newest) : null,
    decisions: [...decisions],
    now,
  }
}

function dataStage({ dataset, version }: LoopParts): LoopStage {
  const href = `/data/${dataset.name}`
  if (!version) {
    const headline = `no rows yet: kaizen data add ${dataset.name} FILE`
    return { stage: 'data', state: 'waiting', headline, value: 0, unit: 'rows', last: null }
  }
  const upTo = version.maxEventTime === null ? '' : `, up to ${dayText(version.maxEventTime)}`
  const apart = version.quarantined > 0 ? `, ${version.quarantined} kept apart by rules` : ''
  return {
    stage: 'data',
    state: 'ok',
    headline: `version ${version.version}${upTo}`,
    value: version.rowCount,
    unit: 'rows',
    last: { at: version.createdAt, text: `version ${version.version} made${apart}`, href },
  }
}

function trainingStage({ candidates, view }: LoopParts): LoopStage {
  const newest = candidates[0]
  const known = { stage: 'training', value: view.candidates, unit: 'candidates' } as const
  if (!newest) return { ...known, state: 'waiting', headline: 'no candidate yet', last: null }
  const isBusy = ['collecting', 'training', 'refitting'].includes(newest.state)
  const run = newest.refitRunId ?? newest.pipelineRunId
  const window =
    newest.trainFrom === null || newest.trainTo === null
      ? ''
      : ` on ${Math.round((newest.trainTo - newest.trainFrom) / dayMs)} days`
  return {
    ...known,
    state: newest.state === 'failed' ? 'failed' : isBusy ? 'busy' : 'ok',
    headline: `candidate ${newest.number}${isBusy ? ` is ${newest.state}` : ''}${window}`,
    last: {
      at: newest.createdAt,
      text: newest.trigger,
      href: run === null ? `/candidates/${newest.id}` : `/pipeline-runs/${run}`,
    },
  }
}

function evaluationStage({ candidates, decisions }: LoopParts): LoopStage {
  const judged = candidates.find(({ gate }) => gate !== null)
  const known = { stage: 'evaluation', unit: '% better' } as const
  const isBusy = candidates[0]?.state === 'evaluating'
  if (!judged?.gate) {
    const headline = 'no candidate has been judged yet'
    return { ...known, state: isBusy ? 'busy' : 'waiting', headline, value: null, last: null }
  }
  const { gate } = judged
  const at = decisions.find(({ kind, candidate }) => kind === 'gate' && candidate === judged.id)?.at
  return {
    ...known,
    state: isBusy ? 'busy' : gate.passed ? 'ok' : 'attention',
    headline: `candidate ${judged.number} ${gate.passed ? 'passed' : 'was refused'}`,
    value: gate.improvement ? Number((gate.improvement.estimate * 100).toFixed(1)) : null,
    last: {
      at: at ?? judged.endedAt ?? judged.createdAt,
      text: gate.summary,
      href: `/candidates/${judged.id}`,
    },
  }
}

function registryStage({ champion, endpoint }: LoopParts): LoopStage {
  const href = `/models/${encodeURIComponent(endpoint.model)}`
  if (!champion) {
    const headline = `no version of ${endpoint.model} yet`
    return { stage: 'registry', state: 'waiting', headline, value: null, unit: null, last: null }
  }
  return {
    stage: 'registry',
    state: 'ok',
    headline: `${endpoint.model} v${champion.version} is champion`,
    value: champion.version,
    unit: 'version',
    last: { at: champion.createdAt, text: champion.description || 'registered', href },
  }
}

function deploymentStage({ endpoint, candidates, decisions }: LoopParts): LoopStage {
  const href = `/endpoints/${endpoint.name}`
  const live = championOf(endpoint)
  const moved = decisions.find(({ kind }) => ['rollout', 'promote', 'rollback'].includes(kind))
  const known = { stage: 'deployment', value: endpoint.revision, unit: 'routes' } as const
  const last = moved ? { at: moved.at, text: moved.summary, href } : null
  if (!live) return { ...known, state: 'waiting', headline: 'nothing is deployed yet', last }
  const others = endpoint.arms.filter((arm) => arm !== live)
  const beside = others.map((arm) =>
    arm.mode === 'shadow'
      ? `v${arm.version} in shadow`
      : `v${arm.version} with ${percent(arm.weight)}`,
  )
  const isBusy = candidates[0]?.state === 'rolling-out'
  return {
    ...known,
    state: isBusy ? 'busy' : moved?.kind === 'rollback' ? 'attention' : 'ok',
    headline: [`v${live.version} with ${percent(live.weight)}`, ...beside].join(', '),
    last,
  }
}

function servingStage({ endpoint }: LoopParts): LoopStage {
  const p99 = championOf(endpoint)?.latencyMs.p99
  const state = {
    empty: 'waiting',
    ready: 'ok',
    asleep: 'ok',
    degraded: 'attention',
    failed: 'failed',
  }[endpoint.state] as LoopStage['state']
  const speed = p99 === null || p99 === undefined ? '' : `, p99 ${Number(p99.toFixed(1))} ms`
  const href = `/endpoints/${endpoint.name}`
  return {
    stage: 'serving',
    state,
    headline: `${endpoint.name} is ${endpoint.state}${speed}`,
    value: endpoint.predictions,
    unit: 'predictions',
    last:
      endpoint.state === 'empty'
        ? null
        : { at: endpoint.updatedAt, text: `route ${endpoint.revision} set`, href },
  }
}

function feedbackStage({ endpoint }: LoopParts): LoopStage {
  const { labelled, predictions, target } = endpoint
  const share = `${percent(predictions > 0 ? labelled / predictions : 0)} of the predictions`
  return {
    stage: 'feedback',
    state: labelled > 0 ? 'ok' : 'waiting',
    headline: target === null ? 'the endpoint declares no target' : `${target} known for ${share}`,
    value: labelled,
    unit: 'labels',
    last: null,
  }
}

function monitoringStage({ monitor, performance, openAlert }: LoopParts): LoopStage {
  const href = `/monitors/${monitor.name}`
  const latest = performance?.latest ?? null
  const reference = latest?.reference
  const against =
    reference === null || reference === undefined ? '' : `, ${figure(reference)} when promoted`
  const headline = latest
    ? `${performance?.metric} ${figure(latest.value)}${against}`
    : `${monitor.windows} windows closed`
  const alerting = openAlert && { at: openAlert.openedAt, text: openAlert.message, href }
  const closed =
    monitor.lastWindowTo === null
      ? null
      : {
          at: monitor.lastWindowTo,
          text: `window to ${dayText(monitor.lastWindowTo)} closed`,
          href,
        }
  return {
    stage: 'monitoring',
    state: openAlert ? 'attention' : monitor.state === 'waiting' ? 'waiting' : 'ok',
    headline,
    value: latest ? Number(latest.value.toPrecision(4)) : null,
    unit: latest ? (performance?.metric ?? null) : null,
    last: alerting ?? closed,
  }
}

function triggerStage({ view, decisions }: LoopParts): LoopStage {
  const asked = decisions.find(({ kind }) => ['trigger', 'hold', 'freeze'].includes(kind))
  const until = view.nextPossibleAt === null ? '' : ` until ${dayText(view.nextPossibleAt)}`
  const headline = {
    idle: 'watching',
    busy: 'a candidate is under way',
    'cooling-down': `cooling down${until}`,
    frozen: `frozen after a rollback${until}`,
    paused: 'paused',
  }[view.state]
  return {
    stage: 'trigger',
    state:
      view.state === 'busy'
        ? 'busy'
        : ['frozen', 'paused'].includes(view.state)
          ? 'attention'
          : 'ok',
    headline,
    value: view.promotions,
    unit: 'promotions',
    last: asked
      ? {
          at: asked.at,
          text: asked.summary,
          href: asked.candidate ? `/candidates/${asked.candidate}` : `/decisions/${asked.id}`,
        }
      : null,
  }
}

const dayMs = 86_400_000
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const figure = (value: number): string => String(Number(value.toPrecision(4)))
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
