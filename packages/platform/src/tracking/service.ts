import type { AuditLog } from '../audit/index.ts'
import type { ResourceGrants, WorkspaceContents, Workspaces } from '../identity/index.ts'
import type { Actor, Clock, Ids } from '../kernel/index.ts'
import type { BlobInfo, BlobStore, Database, Reader, Tx } from '../storage/index.ts'
import { checkedArtifactPath, joinPath } from './artifacts/artifact-path.ts'
import { ArtifactTransfers } from './artifacts/artifact-transfers.ts'
import { Artifacts, requireTreePath } from './artifacts/artifacts.service.ts'
import { Deletions } from './deletions/deletions.service.ts'
import { EvaluationDatasets } from './evaluation/evaluation-datasets.service.ts'
import { Scorers } from './evaluation/scorers.service.ts'
import { Experiments } from './experiments/experiments.service.ts'
import { datasetContents, experimentContents } from './experiments/workspace-contents.ts'
import { LoggedModels } from './logged-models/logged-models.service.ts'
import type { EndedStatus, Run } from './model.ts'
import { Runs } from './runs/runs.service.ts'
import { Spans } from './spans/spans.service.ts'
import { Assessments } from './traces/assessments.service.ts'
import { TraceMetrics } from './traces/trace-metrics.service.ts'
import { TraceFinder } from './traces/trace-search.service.ts'
import { Traces } from './traces/traces.service.ts'

export interface TrackingDeps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  /** Permissions that follow experiments; none are kept unless told. */
  readonly grants?: ResourceGrants | undefined
  /** What is known of workspaces; there is the default one alone unless told. */
  readonly workspaces?: Pick<Workspaces, 'get'> | undefined
}

/** What a stage logs to a run in one call. */
export interface StageLog {
  readonly metrics?: readonly {
    readonly key: string
    readonly value: number
    readonly step?: number
    /** Milliseconds since 1970; now unless told. */
    readonly timestamp?: number
  }[]
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * The door of tracking. The parts are there for its own routes; the methods are what other stages use inside their
 * transactions.
 */
export class TrackingService {
  readonly experiments: Experiments
  readonly runs: Runs
  readonly artifacts: Artifacts
  readonly transfers: ArtifactTransfers
  readonly loggedModels: LoggedModels
  readonly deletions: Deletions
  readonly spans: Spans
  readonly traces: Traces
  readonly traceFinder: TraceFinder
  readonly traceMetrics: TraceMetrics
  readonly assessments: Assessments
  readonly evaluationDatasets: EvaluationDatasets
  readonly scorers: Scorers
  readonly #clock: Clock
  readonly #reader: Reader

  constructor(deps: TrackingDeps) {
    this.#clock = deps.clock
    this.#reader = deps.database.reader
    this.experiments = new Experiments(deps)
    this.runs = new Runs({ ...deps, experiments: this.experiments })
    this.artifacts = new Artifacts(deps)
    this.transfers = new ArtifactTransfers(this.artifacts, deps.blobs)
    this.loggedModels = new LoggedModels({ ...deps, experiments: this.experiments })
    this.deletions = new Deletions({ ...deps, artifacts: this.artifacts })
    this.spans = new Spans({ ...deps, experiments: this.experiments })
    this.traces = new Traces({ ...deps, experiments: this.experiments, spans: this.spans })
    this.traceFinder = new TraceFinder({ ...deps, spans: this.spans })
    this.traceMetrics = new TraceMetrics({ ...deps, finder: this.traceFinder })
    this.assessments = new Assessments({ ...deps, traces: this.traces })
    this.evaluationDatasets = new EvaluationDatasets({ ...deps, experiments: this.experiments })
    this.scorers = new Scorers({ ...deps, experiments: this.experiments })
  }

  /** The time by the server's clock. */
  now(): number {
    return this.#clock.now()
  }

  /** What it keeps by workspace. */
  workspaceContents(): readonly WorkspaceContents[] {
    return [experimentContents(this.experiments), datasetContents(this.evaluationDatasets)]
  }

  /** The id of the experiment of this name, made if it is missing. @throws ALREADY_EXISTS when it is deleted. */
  ensureExperiment(tx: Tx, actor: Actor, name: string): Promise<string> {
    return this.experiments.ensure(tx, actor, name)
  }

  /** Answers the run's id, 32 hexadecimal characters. @throws NOT_FOUND, CONFLICT when the experiment is deleted. */
  async startRun(
    tx: Tx,
    actor: Actor,
    run: {
      readonly experimentId: string
      readonly name: string
      readonly tags?: Readonly<Record<string, string>>
      readonly startTime: number
    },
  ): Promise<string> {
    const { experimentId, name, startTime, tags = {} } = run
    const pairs = keyValues(tags)
    const { run: created } = await this.runs.create(tx, actor, {
      experimentId,
      name,
      startTime,
      userId: tags['mlflow.user'] ?? actor.name,
      tags: pairs,
    })
    return created.runId
  }

  /** Logs metrics, parameters and tags: all or nothing. @throws INVALID_REQUEST, NOT_FOUND, CONFLICT */
  log(tx: Tx, actor: Actor, runId: string, entries: StageLog): Promise<void> {
    const now = this.#clock.now()
    return this.runs.log(tx, actor, runId, {
      metrics: (entries.metrics ?? []).map(({ step = 0, timestamp = now, ...metric }) => ({
        ...metric,
        step,
        timestamp,
      })),
      params: keyValues(entries.params ?? {}),
      tags: keyValues(entries.tags ?? {}),
    })
  }

  /** @throws NOT_FOUND, CONFLICT when the run is deleted. */
  async endRun(
    tx: Tx,
    actor: Actor,
    runId: string,
    status: EndedStatus,
    endTime: number,
  ): Promise<void> {
    await this.runs.update(tx, actor, runId, { status, endTime })
  }

  /** A run and the folder of the artifact tree that is its own. @throws NOT_FOUND, UNSUPPORTED */
  async artifactRoot(runId: string): Promise<{ readonly run: Run; readonly root: string }> {
    const run = await this.runs.require(this.#reader, runId)
    return { run, root: requireTreePath(run.artifactUri) }
  }

  /** Puts stored content into a run's artifact folder. @throws INVALID_PATH, NOT_FOUND, CONFLICT, UNSUPPORTED */
  async putArtifact(
    tx: Tx,
    actor: Actor,
    runId: string,
    path: string,
    blob: BlobInfo,
  ): Promise<void> {
    const run = await this.runs.requireActive(tx, runId)
    const root = requireTreePath(run.artifactUri)
    await this.artifacts.put(tx, actor, joinPath(root, checkedArtifactPath(path)), blob)
  }
}

const keyValues = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))
