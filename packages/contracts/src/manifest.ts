import { z } from 'zod'
import { largestCodeDiff } from './code-diff-limit.ts'
import { eventTimeSpec, rowRule } from './data.ts'
import { contractActions, expectationConfig, suiteEnvironments } from './data-quality.ts'
import { endpoint } from './endpoint.ts'
import { endpointSettings } from './endpoint-settings.ts'
import { ensembleDeclaration } from './ensemble-spec.ts'
import {
  entityDeclaration,
  featureServiceDeclaration,
  featureViewDeclaration,
  onDemandViewDeclaration,
} from './features-spec.ts'
import { monitorDeclaration, performanceMetrics } from './monitor-declaration.ts'
import { reportDeclaration } from './monitor-report-body.ts'
import { routerSpec } from './routing.ts'
import {
  digest,
  duration,
  idParams,
  json,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

/** Where an input of a step comes from. */
export const valueRef = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('literal'), value: json }),
  /** A parameter of the pipeline. */
  z.strictObject({ from: z.literal('param'), name: z.string() }),
  /** An output of another node of the graph. */
  z.strictObject({ from: z.literal('node'), node: z.string(), output: z.string() }),
  /** Rows of a dataset as one Parquet file; window bounds are event time in milliseconds, half open. */
  z.strictObject({
    from: z.literal('dataset'),
    dataset: objectName,
    version: z.lazy(() => valueRef).optional(),
    windowFrom: z.lazy(() => valueRef).optional(),
    windowTo: z.lazy(() => valueRef).optional(),
  }),
]) as unknown as z.ZodType<ValueRef>
export type ValueRef =
  | { readonly from: 'literal'; readonly value: z.output<typeof json> }
  | { readonly from: 'param'; readonly name: string }
  | { readonly from: 'node'; readonly node: string; readonly output: string }
  | {
      readonly from: 'dataset'
      readonly dataset: string
      readonly version?: ValueRef | undefined
      readonly windowFrom?: ValueRef | undefined
      readonly windowTo?: ValueRef | undefined
    }

/** Kinds of values that flow between steps: JSON values, tables (Parquet), models (ONNX), any file, or a metric. */
export const portKinds = ['value', 'table', 'model', 'file', 'metric'] as const
export type PortKind = (typeof portKinds)[number]

/** What a node executes, always in a process of its own. */
export const stepBody = z.discriminatedUnion('kind', [
  /** An exported step of a TypeScript module of the project's bundle. */
  z.strictObject({ kind: z.literal('typescript'), module: z.string(), export: z.string() }),
  /** Any command, run in the bundle's folder with the contract's path in KAIZEN_STEP. */
  z.strictObject({ kind: z.literal('command'), argv: z.array(z.string()).min(1).max(256) }),
  /** A step that ships with Kaizen, such as `train`. */
  z.strictObject({ kind: z.literal('builtin'), name: z.string() }),
])
export type StepBody = z.output<typeof stepBody>

export const stepNode = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/),
  step: z.string(),
  body: stepBody,
  inputs: z.record(z.string(), valueRef),
  outputs: z.record(z.string(), z.enum(portKinds)),
  /** Nodes that must end first though nothing flows from them. */
  after: z.array(z.string()).default([]),
  cache: z.boolean().default(true),
  /** Digest of the step's own code and declared files. */
  codeDigest: digest,
  retry: z
    .strictObject({ max: z.number().int().min(0).max(20), backoff: duration })
    .default({ max: 0, backoff: '1s' }),
  timeout: duration.default('1h'),
})
export type StepNode = z.output<typeof stepNode>

export const pipelineParam = z.strictObject({
  type: z.enum(['number', 'integer', 'string', 'boolean', 'timestamp', 'json']),
  default: json.optional(),
})
export const pipelineDeclaration = z.strictObject({
  name: objectName,
  description: z.string().default(''),
  params: z.record(z.string(), pipelineParam),
  nodes: z.array(stepNode).max(10_000),
  /** Named results of the pipeline: which output of which node. */
  outputs: z.record(z.string(), z.strictObject({ node: z.string(), output: z.string() })),
})
export type PipelineDeclaration = z.output<typeof pipelineDeclaration>

export const datasetDeclaration = z.strictObject({
  name: objectName,
  description: z.string().default(''),
  eventTime: eventTimeSpec.nullable().default(null),
  rules: z.array(rowRule).default([]),
  /** A file of the project, relative to its folder; loaded when the dataset has no version yet. */
  source: z
    .strictObject({
      path: z.string(),
      format: z.enum(['csv', 'parquet']),
      from: z.string().optional(),
      to: z.string().optional(),
    })
    .nullable()
    .default(null),
  /** Labelled predictions of this endpoint are appended as new versions when a policy asks for fresh data. */
  collect: z.strictObject({ endpoint: objectName, target: z.string() }).nullable().default(null),
  /** Expectations that every new version must meet. */
  contract: z
    .strictObject({
      expectations: z.array(expectationConfig).min(1).max(1000),
      onFailure: z.enum(contractActions).default('block'),
      environments: suiteEnvironments.optional(),
      environment: objectName.optional(),
    })
    .optional(),
})
export type DatasetDeclaration = z.output<typeof datasetDeclaration>

export const endpointDeclaration = z.strictObject({
  name: objectName,
  description: z.string().default(''),
  /** Registered model that this endpoint serves. */
  model: z.string().min(1),
  /** Name of the column that ground truth supplies. */
  target: z.string().nullable().default(null),
  /** Limits, what is logged and how inputs are held against the signature; left as they are where not declared. */
  settings: endpointSettings.optional(),
  /** How requests find their arm; in force as soon as the route has the arms that it names. Left as it is where not declared. */
  router: routerSpec.optional(),
})
export type EndpointDeclaration = z.output<typeof endpointDeclaration>

export const trigger = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('performance'),
    metric: z.enum(performanceMetrics),
    aboveReference: z.number().positive().optional(),
    above: z.number().optional(),
    below: z.number().optional(),
  }),
  z.strictObject({ kind: z.literal('drift'), alert: objectName }),
  z.strictObject({ kind: z.literal('age'), olderThan: duration }),
  z.strictObject({
    kind: z.literal('schedule'),
    cron: z.string(),
    timeZone: z.string().default('UTC'),
  }),
  z.strictObject({ kind: z.literal('volume'), labelled: z.number().int().min(1) }),
])
export type Trigger = z.output<typeof trigger>

export const gateRule = z.strictObject({
  metric: z.enum(performanceMetrics),
  /** Least improvement over the champion, as a share of the champion's value (0.01 = one per cent better). */
  minImprovement: z.number().default(0),
  /** The improvement's one-sided lower confidence bound must exceed minImprovement; null: the point estimate decides. */
  confidence: z.number().gt(0.5).lt(1).nullable().default(null),
  /** Absolute bounds that the candidate must keep whatever the champion does. */
  floors: z
    .array(
      z.strictObject({
        metric: z.enum(performanceMetrics),
        min: z.number().optional(),
        max: z.number().optional(),
      }),
    )
    .default([]),
  minRows: z.number().int().min(1).default(30),
  maxLatencyMs: z.number().positive().optional(),
  maxSizeBytes: z.number().int().positive().optional(),
  resamples: z.number().int().min(100).max(100_000).default(1000),
})
export type GateRule = z.output<typeof gateRule>

export const rolloutStep = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('shadow'),
    duration,
    minSamples: z.number().int().min(0).default(0),
  }),
  z.strictObject({
    kind: z.literal('canary'),
    weight: z.number().gt(0).lt(1),
    duration,
    minSamples: z.number().int().min(0).default(0),
  }),
])
export type RolloutStep = z.output<typeof rolloutStep>

export const guardrails = z.strictObject({
  maxErrorRate: z.number().min(0).max(1).default(0.01),
  maxP99Ms: z.number().positive().default(250),
  /** Largest mean absolute difference between candidate and champion answers, as a multiple of the champion's mean absolute answer. */
  maxDisagreement: z.number().positive().optional(),
})
export const policyDeclaration = z.strictObject({
  name: objectName,
  description: z.string().default(''),
  endpoint: objectName,
  monitor: objectName,
  pipeline: objectName,
  dataset: objectName,
  triggers: z.array(trigger).min(1),
  /** At most one candidate in this time. */
  cooldown: duration.default('0s'),
  training: z.strictObject({
    kind: z.enum(['sliding', 'expanding', 'since-last']),
    /** Length of a sliding window. */
    length: duration.optional(),
    /** The newest labelled rows, held out to compare candidate and champion. */
    holdout: duration,
    minRows: z.number().int().min(1).default(100),
  }),
  gate: gateRule,
  /** Train again on the newest window, holdout included, after the gate has passed. */
  refit: z.boolean().default(true),
  rollout: z.array(rolloutStep).default([]),
  guardrails: guardrails.prefault({}),
  /** Freeze after an automatic rollback. */
  freeze: duration.default('1d'),
})
export type PolicyDeclaration = z.output<typeof policyDeclaration>

export const bundleFile = z.strictObject({
  path: z.string().min(1).max(1024),
  digest,
  sizeBytes: z.number().int().min(0),
})
/** The state of the code in git that a project was applied from. */
export const codeSource = z.strictObject({
  commit: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, 'expected the digest of a commit'),
  /** Absent where no branch is checked out. */
  branch: z.string().min(1).max(250).optional(),
  /** Whether files of the project differ from the commit. */
  dirty: z.boolean(),
  /** The path of `kaizen.ts` in the repository. */
  name: z.string().min(1).max(1024),
  /** How the project's files differ from the commit, as `git diff` says it. */
  diff: z.string().max(largestCodeDiff).optional(),
  /** Files that differ and are not in the diff: it would be too large, or they look like secrets. */
  diffOmits: z.array(z.string().min(1).max(1024)).max(10_000).optional(),
})
export type CodeSource = z.output<typeof codeSource>
/** A project as canonical JSON: what `kaizen.ts` evaluates to. */
export const manifest = z.strictObject({
  kaizen: z.literal(1),
  project: objectName,
  description: z.string().default(''),
  datasets: z.array(datasetDeclaration),
  /** Absent in manifests that declare none, as the three after it. */
  entities: z.array(entityDeclaration).optional(),
  featureViews: z.array(featureViewDeclaration).optional(),
  onDemandViews: z.array(onDemandViewDeclaration).optional(),
  featureServices: z.array(featureServiceDeclaration).optional(),
  pipelines: z.array(pipelineDeclaration),
  /** Absent in manifests that declare none. */
  ensembles: z.array(ensembleDeclaration).optional(),
  endpoints: z.array(endpointDeclaration),
  monitors: z.array(monitorDeclaration),
  /** Absent in manifests that declare none. */
  reports: z.array(reportDeclaration).optional(),
  policies: z.array(policyDeclaration),
  /** The project's files by digest; uploaded before the manifest is applied. */
  bundle: z.array(bundleFile),
  /** Says where the code came from; never a change in a plan. Absent outside of git. */
  source: codeSource.optional(),
})
export type Manifest = z.output<typeof manifest>
export type ManifestInput = z.input<typeof manifest>

/**
 * `drifted`: declared as before, but changed by hand since, which applying takes back; `release`: declared no more, and
 * stays because it holds data.
 */
export const changeKinds = ['create', 'change', 'remove', 'release', 'drifted', 'keep'] as const
export const planChange = z.object({
  object: z.string(),
  kind: z.enum(changeKinds),
  /** Changed fields with their values before and after. */
  fields: z.array(z.object({ path: z.string(), before: json.nullable(), after: json.nullable() })),
  /** What else is to be known about it. */
  note: z.string().optional(),
})
export type PlanChange = z.output<typeof planChange>
export const plan = z.object({
  project: objectName,
  changes: z.array(planChange),
  missingFiles: z.array(digest),
})
export type Plan = z.output<typeof plan>
export const projectSummary = z.object({
  name: objectName,
  description: z.string(),
  appliedAt: timestampMs,
  appliedBy: z.string(),
  manifestDigest: digest,
  revision: z.number().int(),
})
export type ProjectSummary = z.output<typeof projectSummary>

export const projectApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'List projects',
    action: 'view',
    query: pageQuery,
    response: page(projectSummary),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:name',
    summary: 'Get a project with the manifest in force',
    action: 'view',
    params: nameParams,
    response: projectSummary.extend({ manifest }),
  }),
  putFile: endpoint({
    method: 'PUT',
    path: '/api/v1/bundle/:id',
    summary: 'Upload a file of a bundle by its digest',
    action: 'edit',
    params: idParams,
    transport: 'stream',
    response: z.object({ digest, sizeBytes: z.number().int() }),
  }),
  plan: endpoint({
    method: 'POST',
    path: '/api/v1/projects/plan',
    summary: 'Compare a manifest with what is in force',
    action: 'view',
    body: manifest,
    response: plan,
  }),
  apply: endpoint({
    method: 'POST',
    path: '/api/v1/projects/apply',
    summary: 'Put a manifest into force',
    action: 'edit',
    body: z.strictObject({ manifest, reason: z.string().max(2000).default('') }),
    response: plan.extend({ revision: z.number().int() }),
  }),
} as const
