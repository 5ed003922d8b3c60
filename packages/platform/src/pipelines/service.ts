import { join } from 'node:path'
import { KaizenError, type Page } from '@kaizen/contracts'
import { toKaizenError } from '../http/index.ts'
import type { JobContext } from '../jobs/index.ts'
import { type Actor, digestOf } from '../kernel/index.ts'
import type { Reader, Tx } from '../storage/index.ts'
import { checkBundlePaths } from './bundle-folders.ts'
import type { PipelineDeps } from './dependencies.ts'
import { datasetsOf } from './inputs.ts'
import type {
  ArtifactRef,
  CodeSource,
  DeclaringProject,
  Params,
  PipelineDeclaration,
  PipelineRecord,
  PipelineRun,
  PipelineRunDetail,
  RunRecord,
  StoredError,
  StoredSource,
} from './model.ts'
import * as pipelines from './pipelines.store.ts'
import { Reproductions } from './reproductions/reproductions.service.ts'
import { checkDeclaration, completeParams } from './rules.ts'
import { RunExecution } from './run-execution.ts'
import { RunJournal, runJob } from './run-journal.ts'
import { type LogAnswer, type LogQuestion, RunLog, readRunLog } from './run-log.ts'
import * as runs from './runs.store.ts'
import { detailOf, viewOf } from './views.ts'

export interface StartOptions {
  readonly params?: Params
  readonly seed?: number
  /** Reuse outputs of earlier runs; yes unless told. */
  readonly cache?: boolean
  /** Who or what asks, for example `policy:bike-loop`. */
  readonly trigger: string
}

/** Pipelines and their runs. A run is a job: it survives restarts, and steps that have ended are not run again. */
export class PipelineService {
  readonly reproductions: Reproductions
  readonly #deps: PipelineDeps

  constructor(deps: PipelineDeps) {
    this.#deps = deps
    this.reproductions = new Reproductions(deps)
    deps.jobs.handle(
      runJob,
      (context) => this.#execute(context),
      (tx, { key }, failure) => this.#failed(tx, key, failure),
    )
  }

  /** Puts a declaration into force with the files that its steps run from. @throws INVALID_MANIFEST, INVALID_PATH */
  async declare(
    tx: Tx,
    actor: Actor,
    declaration: PipelineDeclaration,
    { project, bundle, ...code }: DeclaringProject,
  ): Promise<void> {
    checkDeclaration(declaration)
    checkBundlePaths(bundle)
    const files = [...bundle].sort((a, b) => (a.path < b.path ? -1 : 1))
    const stored = { digest: digestOf(files), files }
    const digest = digestOf({ declaration, bundle: stored.digest })
    const { name, description } = declaration
    const source = code.source ? await this.#stored(code.source) : null
    const known = await pipelines.findPipeline(tx, name)
    if (known?.revision === digest) return pipelines.setSource(tx, name, source)
    await pipelines.savePipeline(
      tx,
      { name, project, description, revision: digest, steps: declaration.nodes.length, source },
      { digest, declaration, bundle: stored },
    )
    await this.#deps.audit.append(tx, {
      actor,
      type: 'pipelines.pipeline.declared',
      subject: `pipeline:${name}`,
      data: { project, revision: digest, bundle: stored.digest },
    })
  }

  /** Takes a pipeline out of force; its runs stay. @throws NOT_FOUND */
  async remove(tx: Tx, actor: Actor, name: string): Promise<void> {
    if (!(await pipelines.removePipeline(tx, name))) throw noPipeline(name)
    await this.#deps.audit.append(tx, {
      actor,
      type: 'pipelines.pipeline.removed',
      subject: `pipeline:${name}`,
    })
  }

  /** Adds a run in the caller's transaction and answers its id. @throws NOT_FOUND, INVALID_REQUEST */
  async enqueue(tx: Tx, actor: Actor, name: string, options: StartOptions): Promise<string> {
    const { project, revision, source } = await this.#pipeline(tx, name)
    const { declaration } = await pipelines.readRevision(tx, revision)
    return this.#queue(tx, actor, declaration.nodes, {
      pipeline: name,
      project,
      revision,
      source,
      params: completeParams(declaration, options.params ?? {}),
      seed: options.seed ?? 0,
      cache: options.cache ?? true,
      trigger: options.trigger,
      versions: null,
      reproduces: null,
    })
  }

  /**
   * Does a run again: its files, not those in force now, its parameters, seed and versions of data, and nothing from the
   * cache. @throws NOT_FOUND, UNSUPPORTED, CONFLICT
   */
  async startAgain(actor: Actor, runId: string): Promise<PipelineRun> {
    const { database } = this.#deps
    const original = await this.reproductions.original(runId)
    const id = await database.write(async (tx) => {
      const { declaration } = await pipelines.readRevision(tx, original.revision)
      return this.#queue(tx, actor, declaration.nodes, {
        ...original,
        cache: false,
        trigger: `reproduce:${runId}`,
        reproduces: runId,
      })
    })
    return this.#view(await this.#run(database.reader, id))
  }

  async #queue(
    tx: Tx,
    actor: Actor,
    nodes: PipelineDeclaration['nodes'],
    asked: Omit<RunRecord, keyof typeof unstarted | 'id' | 'startedBy' | 'createdAt'>,
  ): Promise<string> {
    const { ids, clock, jobs, audit } = this.#deps
    const started = { id: ids.next('run'), startedBy: actor.name, createdAt: clock.now() }
    const run: RunRecord = { ...asked, ...unstarted, ...started }
    await runs.insertRun(tx, run, nodes)
    await jobs.enqueue(tx, { kind: runJob, key: run.id, payload: { run: run.id } })
    await audit.append(tx, {
      actor,
      type: 'pipelines.run.queued',
      subject: `pipeline-run:${run.id}`,
      data: {
        pipeline: run.pipeline,
        trigger: run.trigger,
        params: run.params,
        seed: run.seed,
      },
    })
    return run.id
  }

  /** Starts a run. @throws NOT_FOUND, INVALID_REQUEST */
  async start(actor: Actor, name: string, options: StartOptions): Promise<PipelineRun> {
    const id = await this.#deps.database.write((tx) => this.enqueue(tx, actor, name, options))
    return this.#view(await this.#run(this.#deps.database.reader, id))
  }

  /** @throws NOT_FOUND */
  async get(id: string): Promise<PipelineRunDetail> {
    const { reader } = this.#deps.database
    const run = await this.#run(reader, id)
    const [revision, steps] = await Promise.all([
      pipelines.readRevision(reader, run.revision),
      runs.readSteps(reader, id),
    ])
    return detailOf(run, revision.declaration, steps)
  }

  /** Ends a run that has not ended; its processes are ended too. @throws NOT_FOUND, CONFLICT when it has ended */
  async cancel(actor: Actor, id: string): Promise<PipelineRun> {
    const { database } = this.#deps
    await database.write(async (tx) => {
      const run = await this.#run(tx, id)
      if (await new RunJournal(this.#deps, run).cancel(tx, actor)) return
      throw new KaizenError('CONFLICT', `run ${id} has ended already: it ${run.state}`)
    })
    return this.#view(await this.#run(database.reader, id))
  }

  /** The declaration in force. @throws NOT_FOUND */
  async declaration(name: string): Promise<PipelineDeclaration & { project: string | null }> {
    const { reader } = this.#deps.database
    const pipeline = await this.#pipeline(reader, name)
    const { declaration } = await pipelines.readRevision(reader, pipeline.revision)
    return { ...declaration, project: pipeline.project }
  }

  /** By name, each with its newest run. */
  async list(
    limit: number,
    after = '',
  ): Promise<
    Page<Omit<PipelineRecord, 'revision' | 'source'> & { readonly lastRun: PipelineRun | null }>
  > {
    const { reader } = this.#deps.database
    const found = await pipelines.listPipelines(reader, after, limit)
    const newest = await runs.newestRuns(
      reader,
      found.map(({ name }) => name),
    )
    const views = await this.#views(newest)
    const items = found.map(({ revision: _revision, source: _source, ...pipeline }) => ({
      ...pipeline,
      lastRun: views.find((run) => run.pipeline === pipeline.name) ?? null,
    }))
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Newest first. */
  async runs(filter: runs.RunFilter): Promise<Page<PipelineRun>> {
    const found = await runs.listRuns(this.#deps.database.reader, filter)
    const items = await this.#views(found)
    const last = items.at(-1)
    return items.length === filter.limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** Runs that ended in [from, to) and were not cancelled, oldest first. */
  endedRuns(
    pipeline: string,
    span: { readonly from: number; readonly to: number },
  ): Promise<readonly runs.EndedRun[]> {
    return runs.endedRuns(this.#deps.database.reader, pipeline, span)
  }

  /** When runs of a pipeline have ended; undefined before the first. */
  endedSpan(pipeline: string): Promise<{ readonly from: number; readonly to: number } | undefined> {
    return runs.endedSpan(this.#deps.database.reader, pipeline)
  }

  /** Lines of a run's log after a position; complete when the run has ended and no more will come. @throws NOT_FOUND */
  async logs(
    id: string,
    question: LogQuestion,
  ): Promise<Omit<LogAnswer, 'atEnd'> & { readonly complete: boolean }> {
    // The state is read first: a run that has ended then writes no more.
    const run = await this.#run(this.#deps.database.reader, id)
    const { atEnd, ...answer } = await readRunLog(this.#logPath(id), question)
    return { ...answer, complete: atEnd && run.endedAt !== null }
  }

  /** An output of a step. @throws NOT_FOUND */
  async artifact(id: string, node: string, output: string): Promise<ArtifactRef> {
    const { stepRuns } = await this.get(id)
    const found = stepRuns.find((step) => step.node === node)?.outputs[output]
    if (found) return found
    throw new KaizenError('NOT_FOUND', `run ${id} has no output "${output}" of a node "${node}"`, {
      hint: 'The step may not have ended yet.',
    })
  }

  async #execute({ job, signal }: JobContext): Promise<void> {
    const { database } = this.#deps
    const { run: id } = job.payload as { readonly run: string }
    const found = await runs.findRun(database.reader, id)
    if (!found) return
    try {
      if (found.endedAt === null) await this.#complete(found, signal)
      await this.reproductions.recordEnded(id)
    } catch (failure) {
      if ((await runs.findRun(database.reader, id))?.state === 'cancelled') return
      throw failure
    }
  }

  /** Whatever kept a run from its end is the end of it. */
  async #failed(tx: Tx, id: string, failure: unknown): Promise<void> {
    const run = await runs.findRun(tx, id)
    if (!run || run.endedAt !== null) return
    await new RunJournal(this.#deps, run).endIn(tx, { state: 'failed', error: defectOf(failure) })
  }

  async #complete(found: RunRecord, signal: AbortSignal): Promise<void> {
    const { database } = this.#deps
    const revision = await pipelines.readRevision(database.reader, found.revision)
    const run =
      found.state === 'queued'
        ? await new RunJournal(this.#deps, found).begin(
            found.versions ?? (await this.#latestVersions(revision.declaration)),
          )
        : found
    if (!run) return
    const journal = new RunJournal(this.#deps, run)
    await using log = await RunLog.open(this.#logPath(run.id))
    const steps = await runs.readSteps(database.reader, run.id)
    const execution = new RunExecution({
      deps: this.#deps,
      run,
      revision,
      steps,
      journal,
      log,
      signal,
    })
    await journal.end(await execution.complete())
  }

  /** All steps of a run see the same versions, whatever is added meanwhile. */
  async #latestVersions(
    declaration: PipelineDeclaration,
  ): Promise<Readonly<Record<string, number>>> {
    const versions: Record<string, number> = {}
    for (const name of datasetsOf(declaration)) {
      const { latestVersion } = await this.#deps.data.get(name)
      if (latestVersion !== null) versions[name] = latestVersion
    }
    return versions
  }

  /** A difference is content, of which a run keeps the name only. */
  async #stored({ diff, ...source }: CodeSource): Promise<StoredSource> {
    if (diff === undefined) return source
    return { ...source, diff: await this.#deps.blobs.put(Buffer.from(diff)) }
  }

  async #pipeline(reader: Reader, name: string): Promise<PipelineRecord> {
    const found = await pipelines.findPipeline(reader, name)
    if (!found) throw noPipeline(name)
    return found
  }

  async #run(reader: Reader, id: string): Promise<RunRecord> {
    const found = await runs.findRun(reader, id)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `there is no pipeline run ${id}`, {
      hint: '`kaizen pipelines runs` shows the runs.',
    })
  }

  async #view(run: RunRecord): Promise<PipelineRun> {
    return viewOf(run, await runs.countSteps(this.#deps.database.reader, [run.id]))
  }

  async #views(found: readonly RunRecord[]): Promise<PipelineRun[]> {
    const counts = await runs.countSteps(
      this.#deps.database.reader,
      found.map(({ id }) => id),
    )
    return found.map((run) => viewOf(run, counts))
  }

  #logPath(id: string): string {
    return join(this.#deps.logFolder, `${id}.jsonl`)
  }
}

/** What a run has before it starts. */
const unstarted = {
  state: 'queued',
  trackingRunId: null,
  startedAt: null,
  endedAt: null,
  error: null,
  outputs: {},
} as const

const noPipeline = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no pipeline named "${name}"`, {
    hint: 'Declare it in kaizen.ts and apply the project.',
  })

function defectOf(failure: unknown): StoredError {
  const known = failure instanceof KaizenError || (failure as { code?: string }).code === 'ENOSPC'
  // Nobody but the log of the run tells what a defect was.
  if (!known)
    return {
      code: 'INTERNAL',
      message: failure instanceof Error ? failure.message : String(failure),
    }
  const { code, message, hint } = toKaizenError(failure)
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}
