import type {
  AlertView,
  Candidate,
  CandidateState,
  LoopStage,
  LoopView,
  loopStages,
} from '@kaizen/contracts'
import { formatAge } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import type { IconName } from '../../shared/ui/icon.tsx'
import type { Tone } from '../../shared/ui/status.tsx'

export type StageName = (typeof loopStages)[number]

/** How each stage of the ring is called and drawn, and where it leads when nothing has happened yet. */
export const stageLook: Readonly<
  Record<
    StageName,
    { readonly label: string; readonly icon: IconName; readonly home: (loop: LoopView) => string }
  >
> = {
  data: { label: 'Data', icon: 'data', home: (loop) => paths.dataset(loop.dataset) },
  training: { label: 'Training', icon: 'training', home: (loop) => paths.pipeline(loop.pipeline) },
  evaluation: { label: 'Evaluation', icon: 'evaluation', home: (loop) => paths.model(loop.model) },
  registry: { label: 'Registry', icon: 'models', home: (loop) => paths.model(loop.model) },
  deployment: {
    label: 'Deployment',
    icon: 'deployment',
    home: (loop) => paths.endpoint(loop.endpoint),
  },
  serving: { label: 'Serving', icon: 'endpoints', home: (loop) => paths.endpoint(loop.endpoint) },
  feedback: { label: 'Feedback', icon: 'feedback', home: (loop) => paths.endpoint(loop.endpoint) },
  monitoring: {
    label: 'Monitoring',
    icon: 'monitors',
    home: (loop) => paths.monitor(loop.monitor),
  },
  trigger: { label: 'Trigger', icon: 'trigger', home: (loop) => paths.monitor(loop.monitor) },
}

/** Where a stage leads: to what happened last, else to its object. */
export const stageHref = (loop: LoopView, stage: LoopStage): string =>
  stage.last?.href ?? stageLook[stage.stage].home(loop)

/** How old the last event of a stage is; a stage that has a number but no event says nothing about its age. */
export const ageWords = (stage: LoopStage, now: number): string =>
  stage.last ? formatAge(stage.last.at, now) : stage.value === null ? 'nothing yet' : ''

/** The stage of the ring that an audit event belongs to; null for events outside the loop. */
export function stageOfEvent(type: string): StageName | null {
  const [stage, noun] = type.split('.')
  switch (stage) {
    case 'data':
      return 'data'
    case 'tracking':
    case 'pipelines':
      return 'training'
    case 'evaluation':
      return 'evaluation'
    case 'registry':
      return 'registry'
    case 'serving':
      return noun === 'route' ? 'deployment' : noun === 'feedback' ? 'feedback' : 'serving'
    case 'monitoring':
      return 'monitoring'
    case 'continual':
      return 'trigger'
    default:
      return null
  }
}

export interface Need {
  readonly key: string
  readonly tone: Extract<Tone, 'attention' | 'failed'>
  readonly title: string
  readonly text: string
  readonly href: string
  readonly action: string
}

/** What needs a person, the gravest first: failed stages and critical alerts, then what merely waits. */
export function needsOf(loops: readonly LoopView[], alerts: readonly AlertView[]): readonly Need[] {
  const needs = [...alerts.map(alertNeed), ...loops.flatMap(loopNeeds)]
  return needs.sort((a, b) => Number(a.tone !== 'failed') - Number(b.tone !== 'failed'))
}

const alertNeed = (alert: AlertView): Need => ({
  key: alert.id,
  tone: alert.severity === 'critical' ? 'failed' : 'attention',
  title: `${alert.monitor}: ${alert.rule}`,
  text: alert.message,
  href: `${paths.monitor(alert.monitor)}?tab=alerts`,
  action: 'See the alert',
})

function loopNeeds(loop: LoopView): readonly Need[] {
  const stages = loop.stages
    // An alert says the same as the monitoring stage, with its own numbers.
    .filter(
      (stage) =>
        stage.state === 'failed' || (stage.state === 'attention' && stage.stage !== 'monitoring'),
    )
    .map(
      (stage): Need => ({
        key: `${loop.policy}:${stage.stage}`,
        tone: stage.state === 'failed' ? 'failed' : 'attention',
        title: `${loop.policy}: ${stageLook[stage.stage].label.toLowerCase()}`,
        text: stage.headline,
        href: stageHref(loop, stage),
        action: 'Look into it',
      }),
    )
  if (loop.state !== 'frozen' && loop.state !== 'paused') return stages
  return [
    ...stages,
    {
      key: `${loop.policy}:${loop.state}`,
      tone: 'attention',
      title: `${loop.policy} is ${loop.state}`,
      text:
        loop.state === 'frozen'
          ? 'An automatic rollback froze it; no candidate is made until the freeze ends.'
          : 'A person paused it; no candidate is made until it is resumed.',
      href: loop.decisions[0]
        ? paths.decision(loop.decisions[0].id, loop.decisions[0].candidate)
        : paths.loop,
      action: 'See why',
    },
  ]
}

const steps = ['collecting', 'training', 'evaluating', 'refitting', 'rolling-out'] as const
export interface ProgressStep {
  readonly label: string
  readonly state: 'done' | 'now' | 'next'
}

/** How far a candidate has come; null for one that has ended. */
export function progressOf(candidate: Candidate): readonly ProgressStep[] | null {
  const current = steps.indexOf(candidate.state as (typeof steps)[number])
  if (current < 0) return null
  return steps.map((step, index) => ({
    label: stepWords[step],
    state: index < current ? 'done' : index === current ? 'now' : 'next',
  }))
}
const stepWords: Readonly<Record<(typeof steps)[number], string>> = {
  collecting: 'collect',
  training: 'train',
  evaluating: 'evaluate',
  refitting: 'refit',
  'rolling-out': 'roll out',
}

export const hasEnded = (state: CandidateState): boolean =>
  !steps.includes(state as (typeof steps)[number])

/** How long the current rollout step still lasts, in words: `canary 30 %, step 2 of 2`. */
export function rolloutWords(rollout: Candidate['rollout']): string | null {
  if (!rollout) return null
  const { current } = rollout
  const what = !current
    ? 'finishing'
    : current.kind === 'shadow'
      ? `shadow for ${current.duration}`
      : `canary ${Math.round(current.weight * 100)} % for ${current.duration}`
  return `${what}, step ${rollout.step} of ${rollout.of}`
}
