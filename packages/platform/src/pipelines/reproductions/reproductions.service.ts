import {
  KaizenError,
  type Reproduction,
  type ReproductionVerdict,
  type RunRecipe,
} from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { RunDetail } from '../../tracking/index.ts'
import type { PipelineDeps } from '../dependencies.ts'
import type { RunRecord, StepRecord } from '../model.ts'
import { probeModels } from '../model-probe.ts'
import * as pipelines from '../pipelines.store.ts'
import { clientRecipe, pipelineRecipe } from '../run-recipe.ts'
import * as runs from '../runs.store.ts'
import { type ComparedRun, compareAgain, type Probed } from './reproduction.ts'
import { listReproductions, saveReproduction } from './reproductions.store.ts'

/** A run of tracking, with the pipeline run that logs to it where there is one. */
interface Tracked {
  readonly detail: RunDetail
  readonly run: RunRecord | undefined
}

/** Runs that are done again, and how they compare with the first time. */
export class Reproductions {
  readonly #deps: PipelineDeps
  readonly #database: Database

  constructor(deps: PipelineDeps) {
    this.#deps = deps
    this.#database = deps.database
  }

  /** Everything on record that made a run. @throws NOT_FOUND */
  async recipe(runId: string): Promise<RunRecipe> {
    const { reader } = this.#database
    const { detail, run } = await this.#tracked(runId)
    if (!run) return clientRecipe(detail)
    const [revision, steps] = await Promise.all([
      pipelines.readRevision(reader, run.revision),
      runs.readSteps(reader, run.id),
    ])
    const diff = run.source?.diff ? await this.#text(run.source.diff.digest) : null
    const missing: string[] = []
    for (const { path, digest } of revision.bundle.files) {
      if (!(await this.#deps.blobs.stat(digest)))
        missing.push(`the file ${path} is no longer stored`)
    }
    return pipelineRecipe({ detail, run, revision, steps, diff, missing })
  }

  /** The pipeline run to do again. @throws NOT_FOUND, UNSUPPORTED for a run that no pipeline made, CONFLICT while it runs */
  async original(runId: string): Promise<RunRecord> {
    const { run } = await this.#tracked(runId)
    if (!run) {
      throw new KaizenError('UNSUPPORTED', `no pipeline of this server made the run ${runId}`, {
        hint: 'Say how it is run: kaizen runs reproduce RUN -- COMMAND.',
      })
    }
    if (run.endedAt !== null) return run
    throw new KaizenError('CONFLICT', `the run ${runId} has not ended yet`, {
      hint: 'Wait until it has.',
    })
  }

  /** Compares two runs and keeps the result with both. @throws NOT_FOUND, INVALID_REQUEST, CONFLICT */
  async record(actor: Actor, runId: string, byRunId: string): Promise<Reproduction> {
    if (runId === byRunId) {
      throw new KaizenError('INVALID_REQUEST', 'body.by_run: a run does not reproduce itself')
    }
    const [original, again] = [await this.#tracked(runId), await this.#tracked(byRunId)]
    for (const { detail } of [original, again]) {
      if (detail.run.endTime !== null || !['RUNNING', 'SCHEDULED'].includes(detail.run.status))
        continue
      throw new KaizenError('CONFLICT', `the run ${detail.run.runId} has not ended yet`)
    }
    const left = await this.#compared(original)
    const right = await this.#compared(again)
    const probed = await this.#probe(left, right)
    const reproduction: Reproduction = {
      runId,
      byRunId,
      pipelineRun: original.run?.id ?? null,
      byPipelineRun: again.run?.id ?? null,
      ...compareAgain(left, right, probed),
      at: this.#deps.clock.now(),
      by: actor.name,
    }
    await this.#database.write((tx) => this.#keep(tx, actor, reproduction))
    return reproduction
  }

  /** What a pipeline run that did another again has to say, once it has ended. */
  async recordEnded(runId: string): Promise<void> {
    const { reader } = this.#database
    const run = await runs.findRun(reader, runId)
    if (!run?.reproduces || run.trackingRunId === null || run.endedAt === null) return
    const known = await listReproductions(reader, run.trackingRunId)
    if (known.some((one) => one.byRunId === run.trackingRunId)) return
    await this.record({ name: run.startedBy, role: 'editor' }, run.reproduces, run.trackingRunId)
  }

  /** @throws NOT_FOUND */
  async list(runId: string): Promise<readonly Reproduction[]> {
    await this.#deps.tracking.runs.require(this.#database.reader, runId)
    return listReproductions(this.#database.reader, runId)
  }

  async #tracked(runId: string): Promise<Tracked> {
    const detail = await this.#deps.tracking.runs.get(runId)
    const id = detail.tags.find(({ key }) => key === 'kaizen.pipeline_run')?.value
    const run = id === undefined ? undefined : await runs.findRun(this.#database.reader, id)
    // Anybody may write tags; the pipeline run knows which tracking run is its own.
    return { detail, run: run?.trackingRunId === runId ? run : undefined }
  }

  async #compared({ detail, run }: Tracked): Promise<ComparedRun> {
    const steps: readonly StepRecord[] = run
      ? await runs.readSteps(this.#database.reader, run.id)
      : []
    return {
      ended:
        detail.run.status === 'FINISHED'
          ? 'succeeded'
          : detail.run.status === 'KILLED'
            ? 'cancelled'
            : 'failed',
      params: Object.fromEntries(detail.params.map(({ key, value }) => [key, value])),
      metrics: Object.fromEntries(detail.metrics.map(({ key, value }) => [key, value])),
      outputs: run?.outputs ?? {},
      steps,
    }
  }

  async #probe(a: ComparedRun, b: ComparedRun): Promise<Record<string, Probed>> {
    const probed: Record<string, Probed> = {}
    for (const [name, left] of Object.entries(a.outputs)) {
      const right = b.outputs[name]
      if (left.kind !== 'model' || right?.kind !== 'model' || left.digest === right.digest) continue
      const files = [await this.#bytes(left.digest), await this.#bytes(right.digest)]
      const [original, again] = files
      probed[name] =
        original && again
          ? await probeModels(this.#deps.runtime, original, again)
          : { note: 'one of the models is no longer stored' }
    }
    return probed
  }

  async #bytes(digest: string | null): Promise<Uint8Array | undefined> {
    if (digest === null || !(await this.#deps.blobs.stat(digest))) return undefined
    const parts: Uint8Array[] = []
    for await (const part of await this.#deps.blobs.read(digest)) parts.push(part as Uint8Array)
    return Buffer.concat(parts)
  }

  async #text(digest: string): Promise<string | null> {
    const bytes = await this.#bytes(digest)
    return bytes ? Buffer.from(bytes).toString('utf8') : null
  }

  async #keep(tx: Tx, actor: Actor, reproduction: Reproduction): Promise<void> {
    const { tracking, audit } = this.#deps
    const { runId, byRunId, verdict, findings } = reproduction
    await saveReproduction(tx, reproduction)
    const told = (other: string, what: string): Record<string, string> => ({
      [what]: other,
      'kaizen.reproduction': verdict satisfies ReproductionVerdict,
    })
    await tracking.log(tx, actor, runId, { tags: told(byRunId, 'kaizen.reproduced_by') })
    await tracking.log(tx, actor, byRunId, { tags: told(runId, 'kaizen.reproduces') })
    await audit.append(tx, {
      actor,
      type: 'pipelines.run.reproduced',
      subject: `run:${runId}`,
      data: { by: byRunId, verdict, findings },
    })
  }
}
