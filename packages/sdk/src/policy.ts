import type {
  AlertRule,
  GateRule,
  PerformanceMetric,
  PolicyDeclaration,
  RolloutStep,
  Trigger,
} from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import type { Dataset } from './dataset.ts'
import type { Endpoint } from './endpoint.ts'
import type { ModelHandle } from './handle.ts'
import type { Monitor } from './monitor.ts'
import type { Pipeline } from './pipeline.ts'
import { integer, type Param, type Params, timestamp } from './ports.ts'

/** The parameters that a policy sets when it asks a pipeline for a candidate. */
export const trainingWindow = {
  /** First event time to train on. */
  trainFrom: timestamp(),
  /** First event time not to train on. */
  trainTo: timestamp(),
  /** Version of the dataset; -1 is the latest. */
  datasetVersion: integer(-1),
} as const

/** A pipeline that a policy can ask for a candidate: it takes the training window and yields a `model`. */
export type TrainingPipeline = Pipeline<
  { readonly [Name in keyof typeof trainingWindow]: Param<number> },
  { readonly model: ModelHandle }
>

// Triggers: when a candidate is asked for.

/** The metric is this many times its value on the reference. */
export const worsens = (metric: PerformanceMetric, aboveReference: number): Trigger => ({
  kind: 'performance',
  metric,
  aboveReference,
})
export const exceeds = (metric: PerformanceMetric, above: number): Trigger => ({
  kind: 'performance',
  metric,
  above,
})
export const fallsBelow = (metric: PerformanceMetric, below: number): Trigger => ({
  kind: 'performance',
  metric,
  below,
})
/** An alert of the monitor is open. */
export const raised = (rule: AlertRule): Trigger => ({ kind: 'drift', alert: rule.name })
/** The last candidate is older than this. */
export const olderThan = (duration: string): Trigger => ({ kind: 'age', olderThan: duration })
/** At the times of a cron expression. */
export const cron = (expression: string, timeZone = 'UTC'): Trigger => ({
  kind: 'schedule',
  cron: expression,
  timeZone,
})
/** So many predictions have been labelled since the last candidate. */
export const labelled = (count: number): Trigger => ({ kind: 'volume', labelled: count })

// Training windows: what a candidate learns from. The newest `holdout` is kept to compare it with the champion.

export interface TrainingOptions {
  readonly holdout: string
  /** No candidate on fewer rows; 100 unless told. */
  readonly minRows?: number
}
type Training = PolicyDeclaration['training']
const training = (kind: Training['kind'], options: TrainingOptions): Training => ({
  kind,
  minRows: 100,
  ...options,
})
/** The newest rows, this long. */
export const sliding = (length: string, options: TrainingOptions): Training => ({
  ...training('sliding', options),
  length,
})
/** All rows so far. */
export const expanding = (options: TrainingOptions): Training => training('expanding', options)
/** The rows since the last candidate. */
export const sinceLast = (options: TrainingOptions): Training => training('since-last', options)

// Gate and rollout: what a candidate must prove.

export type GateOptions = Partial<Omit<GateRule, 'metric'>>
/** The candidate is better than the champion on the holdout, by the options' measure. */
export const beatsChampion = (metric: PerformanceMetric, options: GateOptions = {}): GateRule => ({
  metric,
  minImprovement: 0,
  confidence: null,
  floors: [],
  minRows: 30,
  resamples: 1000,
  ...options,
})
/** The candidate answers too, unseen by callers. */
export const shadow = (duration: string, minSamples = 0): RolloutStep => ({
  kind: 'shadow',
  duration,
  minSamples,
})
/** The candidate answers this share of the traffic. */
export const canary = (weight: number, duration: string, minSamples = 0): RolloutStep => ({
  kind: 'canary',
  weight,
  duration,
  minSamples,
})

export interface PolicyOptions {
  readonly description?: string
  /** Watches the endpoint whose model the policy renews. */
  readonly monitor: Monitor<Endpoint>
  /** Trains a candidate. */
  readonly pipeline: TrainingPipeline
  /** Where fresh rows are collected. */
  readonly dataset: Dataset
  /** Any of these asks for a candidate. */
  readonly triggers: readonly [Trigger, ...Trigger[]]
  /** At most one candidate in this time. */
  readonly cooldown?: string
  readonly training: Training
  readonly gate: GateRule
  /** Train once more on the newest rows, holdout included, when the gate has passed; yes unless told. */
  readonly refit?: boolean
  /** What happens between the gate and all the traffic. */
  readonly rollout?: readonly RolloutStep[]
  readonly guardrails?: Partial<PolicyDeclaration['guardrails']>
  /** No candidate for so long after an automatic rollback; `1d` unless told. */
  readonly freeze?: string
}

export interface Policy {
  readonly kind: 'policy'
  readonly name: string
  readonly monitor: Monitor<Endpoint>
  readonly pipeline: Pipeline
  readonly dataset: Dataset
  readonly declaration: PolicyDeclaration
}

/** Declares a policy: when to train again, on what, and how a candidate earns the traffic. */
export function policy(name: string, options: PolicyOptions): Policy {
  const { monitor, pipeline, dataset } = options
  checkPipeline(name, pipeline)
  return {
    kind: 'policy',
    name,
    monitor,
    pipeline,
    dataset,
    declaration: {
      name,
      description: options.description ?? '',
      endpoint: monitor.source.name,
      monitor: monitor.name,
      pipeline: pipeline.name,
      dataset: dataset.name,
      triggers: [...options.triggers],
      cooldown: options.cooldown ?? '0s',
      training: options.training,
      gate: options.gate,
      refit: options.refit ?? true,
      rollout: [...(options.rollout ?? [])],
      guardrails: { maxErrorRate: 0.01, maxP99Ms: 250, ...options.guardrails },
      freeze: options.freeze ?? '1d',
    },
  }
}

/** The compiler asks the same; projects in plain JavaScript have only this. */
function checkPipeline(
  policyName: string,
  pipeline: { readonly name: string; readonly params: Params; readonly outputs: object },
): void {
  const missing = Object.keys(trainingWindow).filter((param) => !(param in pipeline.params))
  if (missing.length > 0 || !('model' in pipeline.outputs)) {
    throw new KaizenError(
      'INVALID_MANIFEST',
      `policy "${policyName}": pipeline "${pipeline.name}" cannot be asked for a candidate`,
      {
        hint: 'Declare its params with ...trainingWindow, and answer an output named "model".',
        details: { missingParams: missing },
      },
    )
  }
}
