import type {
  Candidate,
  CandidateState,
  DatasetDeclaration,
  Decision,
  EndpointView,
  JsonValue,
  PipelineRunDetail,
  PolicyDeclaration,
  Route,
} from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import type { Actor, Clock, Ids } from '../kernel/index.ts'
import type { LoggedPredictions, MonitoringService, TimeSpan } from '../monitoring/index.ts'
import type { RegistryService } from '../registry/index.ts'
import type { LoadedModel, ModelRuntime } from '../runtime/index.ts'
import type { BlobStore, Database, Lake, Tx } from '../storage/index.ts'

export type {
  Candidate,
  CandidateState,
  Decision,
  EndpointView,
  GateDecision,
  LoopStage,
  LoopView,
  PolicyDeclaration,
  PolicyView,
  RolloutStep,
} from '@kaizen/contracts'

/** Which labelled predictions are appended to the policy's dataset. */
export type Collection = NonNullable<DatasetDeclaration['collect']>
/** The same with a target left to the endpoint. */
export type DeclaredCollection = Omit<Collection, 'target'> & { readonly target: string | null }

/** A policy as declared, with what its past allows and forbids. */
export interface PolicyRecord {
  readonly name: string
  readonly project: string | null
  readonly declaration: PolicyDeclaration
  readonly collect: DeclaredCollection | null
  readonly paused: boolean
  readonly frozenUntil: number | null
  readonly declaredAt: number
  /** The last hold that was written down, so that waiting is recorded once. */
  readonly holdKey: string | null
}

/** A candidate with what its next step needs to know. */
export interface CandidateRecord extends Omit<Candidate, 'rollout'> {
  readonly triggerKind: string
  readonly refitFrom: number | null
  readonly refitTo: number | null
  /** Rollout steps that have been kept. */
  readonly rolloutStep: number
  /** When the step under way began; null before its route is set. */
  readonly rolloutSince: number | null
  /** Length of the training window where the trigger asked for another than the policy's. */
  readonly trainingLengthMs: number | null
  /** The version that was live when the candidate was judged; null for the first model. */
  readonly championVersion: number | null
  /** `models:/NAME/VERSION` of that version. */
  readonly championUri: string | null
  /** Why its rollout is to be stopped; written before the traffic is given back. */
  readonly rollback: {
    readonly reason: string
    readonly data: Readonly<Record<string, unknown>>
  } | null
  /** Counts the steps; a step is written only on the count that it was taken from. */
  readonly revision: number
}

/** What a step changes about a candidate. */
export type CandidateChange = Partial<
  Omit<
    CandidateRecord,
    'id' | 'policy' | 'endpoint' | 'number' | 'createdAt' | 'endedAt' | 'revision'
  >
>

/** A decision before it has a number and a time. */
export interface NewDecision {
  readonly kind: Decision['kind']
  readonly summary: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Rows of the prediction log by the ids that tie answers of several versions together. */
export interface ArmPredictions extends LoggedPredictions {
  readonly inferenceId: readonly string[]
}

/** How an arm has served in a span. */
export interface ArmStats {
  readonly version: number
  readonly mode: 'live' | 'shadow'
  readonly requests: number
  readonly errors: number
  readonly p50: number | null
  readonly p99: number | null
}

/** An arm of an endpoint as it serves. */
export type ArmState = EndpointView['arms'][number]

/** What the loop needs of serving. */
export interface ServingDoor {
  view(name: string): Promise<EndpointView>
  setRoute(actor: Actor, name: string, route: Route, reason: string): Promise<EndpointView>
  predictions(
    endpoint: string,
    span: TimeSpan,
    options?: { readonly mode?: 'live' | 'shadow' },
  ): Promise<ArmPredictions>
  /** What a model, an ensemble or a model of another server stands for now. @throws NOT_FOUND, UNSUPPORTED */
  identify(uri: string): Promise<{ readonly digest: string }>
  /** A model by its digest, in whichever runtime it needs. @throws INVALID_MODEL, UNAVAILABLE */
  load(digest: string): Promise<LoadedModel>
  armStats(endpoint: string, span: TimeSpan): Promise<readonly ArmStats[]>
  labelledCount(endpoint: string, sinceMs: number): Promise<number>
  feedbackChangedSince(
    endpoint: string,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }>
}

/** What the loop needs of pipelines. */
export interface PipelineDoor {
  /** Adds a run in the caller's transaction and answers its id. */
  enqueue(
    tx: Tx,
    actor: Actor,
    name: string,
    options: {
      readonly params: Readonly<Record<string, JsonValue>>
      readonly seed?: number
      readonly trigger: string
    },
  ): Promise<string>
  get(id: string): Promise<PipelineRunDetail>
}

export interface ContinualDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly clock: Clock
  readonly ids: Ids
  readonly blobs: BlobStore
  readonly lake: Pick<Lake, 'query'>
  readonly runtime: ModelRuntime
  readonly data: Pick<DataService, 'get' | 'version' | 'versions' | 'addTable' | 'window'>
  readonly registry: Pick<RegistryService, 'createVersion' | 'setAlias' | 'resolve' | 'missingFor'>
  readonly pipelines: PipelineDoor
  readonly serving: ServingDoor
  readonly monitoring: Pick<
    MonitoringService,
    'reader' | 'latest' | 'alerts' | 'prepareReference' | 'setReference' | 'restoreReference'
  >
}

/** The alias of the version that answers. */
export const championAlias = 'champion'

/** States that a candidate does not leave. */
export const endStates: readonly CandidateState[] = [
  'promoted',
  'rejected',
  'rolled-back',
  'failed',
  'cancelled',
]
export const hasEnded = (state: CandidateState): boolean => endStates.includes(state)

/** The policy acts under its own name. */
export const policyActor = (policy: string): Actor => ({ name: `policy:${policy}`, role: 'editor' })
