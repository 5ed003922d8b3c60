import { type Actor, digestOf } from '../kernel/index.ts'
import type { BlobInfo, Tx } from '../storage/index.ts'
import { saveEntry } from './cache.store.ts'
import type { PipelineDeps } from './dependencies.ts'
import type { StepOutcome } from './execution/executor.ts'
import {
  isFileKind,
  type Lineage,
  type PreparedNode,
  type RunRecord,
  type StepChange,
  type StepOutputs,
  type StoredError,
  type StoredSource,
} from './model.ts'
import * as store from './runs.store.ts'

/** A node whose outputs were found in the cache. */
export interface Hit {
  readonly node: string
  readonly reason: string
  readonly key: string
  readonly outputs: StepOutputs
  readonly lineage: Lineage
}

/** How a run ends by itself. */
export type RunEnd =
  | { readonly state: 'succeeded'; readonly outputs: StepOutputs }
  | { readonly state: 'failed'; readonly error: StoredError }

type Succeeded = Extract<StepOutcome, { kind: 'succeeded' }>

/** Where a run has what differed from its commit. */
const diffPath = 'code/changes.patch'
/** Tags and parameters of tracking are short texts. */
const longestText = 500

/** Writes what happens in a run: rows, tracking and events, each together in one transaction. */
export class RunJournal {
  readonly #deps: PipelineDeps
  readonly #run: RunRecord
  readonly #actor: Actor

  constructor(deps: PipelineDeps, run: RunRecord) {
    this.#deps = deps
    this.#run = run
    this.#actor = { name: run.startedBy, role: 'editor' }
  }

  /** Takes a queued run up, with a tracking run of its own; undefined when it was cancelled meanwhile. */
  async begin(versions: Readonly<Record<string, number>>): Promise<RunRecord | undefined> {
    const { database, tracking, clock } = this.#deps
    const run = this.#run
    const startedAt = clock.now()
    return database.write(async (tx) => {
      if ((await store.findRun(tx, run.id))?.state !== 'queued') return undefined
      const experimentId = await tracking.ensureExperiment(tx, this.#actor, run.pipeline)
      const trackingRunId = await tracking.startRun(tx, this.#actor, {
        experimentId,
        name: run.id,
        tags: {
          'kaizen.pipeline': run.pipeline,
          'kaizen.pipeline_run': run.id,
          'kaizen.trigger': run.trigger.slice(0, longestText),
          ...(run.project === null ? {} : { 'kaizen.project': run.project }),
          ...(run.source === null ? {} : sourceTags(run.source)),
        },
        startTime: startedAt,
      })
      await tracking.log(tx, this.#actor, trackingRunId, {
        params: { ...textsOf(run.params), seed: String(run.seed) },
      })
      if (run.source?.diff) {
        await tracking.putArtifact(tx, this.#actor, trackingRunId, diffPath, run.source.diff)
      }
      await store.beginRun(tx, run.id, { startedAt, versions, trackingRunId })
      await this.#event(tx, 'run.started', { params: run.params, seed: run.seed, versions })
      return { ...run, state: 'running', startedAt, versions, trackingRunId }
    })
  }

  /** Changes a step that has not ended. */
  async step(node: string, change: StepChange): Promise<void> {
    await this.#deps.database.write((tx) => store.updateStep(tx, this.#run.id, node, change))
  }

  async started(node: string, attempt: number, handle: string): Promise<void> {
    await this.step(node, {
      state: 'running',
      attempt,
      handle,
      startedAt: this.#deps.clock.now(),
      error: null,
    })
  }

  async hits(hits: readonly Hit[]): Promise<void> {
    const at = this.#deps.clock.now()
    await this.#deps.database.write(async (tx) => {
      for (const { node, reason, key, outputs, lineage } of hits)
        await store.updateStep(tx, this.#run.id, node, {
          state: 'cached',
          startedAt: at,
          endedAt: at,
          durationMs: 0,
          cacheReason: reason,
          cacheKey: key,
          outputs,
          lineage,
        })
      await this.#event(tx, 'steps.reused', { nodes: hits.map(({ node }) => node) })
    })
  }

  async succeeded(
    { node, key, parts }: PreparedNode,
    outcome: Succeeded,
    elapsedMs: number,
    lineage: Lineage,
  ): Promise<void> {
    const { database, tracking, clock } = this.#deps
    const { id, pipeline } = this.#run
    const { outputs } = outcome
    const now = clock.now()
    await database.write(async (tx) => {
      await store.updateStep(tx, id, node.id, {
        state: 'succeeded',
        endedAt: now,
        durationMs: elapsedMs,
        outputs,
        lineage,
        error: null,
      })
      if (node.cache)
        await saveEntry(tx, {
          key,
          pipeline,
          node: node.id,
          run: id,
          parts,
          outputs,
          createdAt: now,
        })
      if (this.#run.trackingRunId !== null)
        await tracking.log(tx, this.#actor, this.#run.trackingRunId, logOf(node.id, outcome))
      await this.#event(tx, 'step.ended', {
        node: node.id,
        state: 'succeeded',
        durationMs: elapsedMs,
        outputs: digestsOf(outputs),
      })
    })
  }

  async failed(node: string, error: StoredError, elapsedMs: number | null): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      await store.updateStep(tx, this.#run.id, node, {
        state: 'failed',
        endedAt: this.#deps.clock.now(),
        durationMs: elapsedMs,
        error,
      })
      await this.#event(tx, 'step.ended', { node, state: 'failed', error })
    })
  }

  /** Ends the run; nothing happens when it was cancelled meanwhile. */
  async end(ended: RunEnd): Promise<void> {
    await this.#deps.database.write((tx) => this.endIn(tx, ended))
  }

  /** @see end */
  async endIn(tx: Tx, ended: RunEnd): Promise<void> {
    const { tracking, clock } = this.#deps
    const { id, trackingRunId } = this.#run
    const endedAt = clock.now()
    const outputs = ended.state === 'succeeded' ? ended.outputs : {}
    const error = ended.state === 'failed' ? ended.error : null
    if (!(await store.endRun(tx, id, { state: ended.state, endedAt, error, outputs }))) return
    await store.endOpenSteps(tx, id, 'skipped', endedAt)
    if (trackingRunId !== null) {
      await this.#logOutputs(tx, trackingRunId, outputs)
      const status = ended.state === 'succeeded' ? 'FINISHED' : 'FAILED'
      await tracking.endRun(tx, this.#actor, trackingRunId, status, endedAt)
    }
    await this.#event(tx, `run.${ended.state}`, {
      trackingRunId,
      ...(error ? { error } : { outputs: digestsOf(outputs) }),
    })
  }

  /** Ends a run by hand: what it has not done it will not do. Answers false when it had ended. */
  async cancel(tx: Tx, actor: Actor): Promise<boolean> {
    const { tracking, clock, jobs } = this.#deps
    const { id, trackingRunId } = this.#run
    const endedAt = clock.now()
    const ended = { state: 'cancelled', endedAt, error: null, outputs: {} } as const
    if (!(await store.endRun(tx, id, ended))) return false
    await store.endOpenSteps(tx, id, 'cancelled', endedAt)
    if (trackingRunId !== null) await tracking.endRun(tx, actor, trackingRunId, 'KILLED', endedAt)
    await jobs.cancel(tx, runJob, id)
    await this.#event(tx, 'run.cancelled', { trackingRunId }, actor)
    return true
  }

  async #logOutputs(tx: Tx, trackingRunId: string, outputs: StepOutputs): Promise<void> {
    const metrics: { key: string; value: number }[] = []
    for (const [name, { kind, digest, sizeBytes, value }] of Object.entries(outputs)) {
      if (isFileKind(kind)) {
        const blob: BlobInfo = { digest: digest ?? '', sizeBytes: sizeBytes ?? 0 }
        const path = `${name}${extensions[kind]}`
        await this.#deps.tracking.putArtifact(tx, this.#actor, trackingRunId, path, blob)
      } else if (typeof value === 'number') metrics.push({ key: name, value })
    }
    if (metrics.length > 0)
      await this.#deps.tracking.log(tx, this.#actor, trackingRunId, { metrics })
  }

  async #event(
    tx: Tx,
    what: string,
    data: Readonly<Record<string, unknown>>,
    actor: Actor = this.#actor,
  ): Promise<void> {
    const { id, pipeline, project, trigger } = this.#run
    await this.#deps.audit.append(tx, {
      actor,
      type: `pipelines.${what}`,
      subject: `pipeline-run:${id}`,
      data: { pipeline, project, trigger, ...data },
    })
  }
}

/** The kind of the job that carries a run; its key is the run's id. */
export const runJob = 'pipelines.run'

export const extensions = { table: '.parquet', model: '.onnx', file: '' } as const

/** The tags by which MLflow's clients and pages know code. */
const sourceTags = ({ commit, branch, dirty, name }: StoredSource): Record<string, string> => ({
  'mlflow.source.name': name,
  'mlflow.source.git.commit': commit,
  ...(branch === undefined ? {} : { 'mlflow.source.git.branch': branch }),
  'mlflow.source.git.dirty': String(dirty),
})

const textsOf = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestText),
    ]),
  )

/** Metrics and parameters of a step under the name of its node. */
function logOf(node: string, { outputs, metrics, params }: Succeeded) {
  const points = Object.entries(metrics).flatMap(([name, metric]) =>
    typeof metric === 'number'
      ? [{ key: `${node}.${name}`, value: metric }]
      : metric.map(({ step, value }) => ({ key: `${node}.${name}`, value, step })),
  )
  const owed = Object.entries(outputs).flatMap(([name, { kind, value }]) =>
    kind === 'metric' && typeof value === 'number' ? [{ key: `${node}.${name}`, value }] : [],
  )
  const named = Object.entries(textsOf(params)).map(([name, text]) => [`${node}.${name}`, text])
  return {
    metrics: [...points, ...owed],
    params: Object.fromEntries(named) as Record<string, string>,
  }
}

/** What an event says of outputs: digests, and values that are short. */
const digestsOf = (outputs: StepOutputs): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { kind, digest, sizeBytes, value }]) => [
      name,
      {
        kind,
        digest: digest ?? digestOf(null),
        ...(value !== undefined && (sizeBytes ?? 0) <= longestText ? { value } : {}),
      },
    ]),
  )
