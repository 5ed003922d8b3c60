import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { durationMs, KaizenError } from '@kaizen/contracts'
import { aborted } from './aborted.ts'
import { findEntries, newestEntry } from './cache.store.ts'
import type { PipelineDeps } from './dependencies.ts'
import type { RunningStep, StepExecutor, StepOutcome } from './execution/executor.ts'
import { builtinOf } from './execution/step-command.ts'
import { lineageOf, resolveInputs, type Scope } from './inputs.ts'
import {
  type BuiltinStep,
  type CacheEntry,
  isFileKind,
  type Lineage,
  type PipelineRevision,
  type PreparedNode,
  type RunRecord,
  type StepNode,
  type StepOutputs,
  type StepRecord,
  type StoredError,
} from './model.ts'
import {
  afterFailure,
  cacheKeyOf,
  cacheOff,
  dependenciesOf,
  hitReason,
  missReason,
  paramsOf,
} from './rules.ts'
import type { Hit, RunJournal } from './run-journal.ts'
import { type RunLog, StepLog } from './run-log.ts'
import { Schedule } from './schedule.ts'

export interface Execution {
  readonly deps: PipelineDeps
  readonly run: RunRecord
  readonly revision: PipelineRevision
  readonly steps: readonly StepRecord[]
  readonly journal: RunJournal
  readonly log: RunLog
  /** Aborted on cancel, lost lease or shutdown. */
  readonly signal: AbortSignal
}

/** Hits are written together, this many at most. */
const hitBatch = 500

/** One run under way: starts what is ready, takes from the cache what is known, until nothing is left. */
export class RunExecution {
  readonly #execution: Execution
  readonly #executor: StepExecutor
  readonly #nodes: ReadonlyMap<string, StepNode>
  readonly #schedule: Schedule
  readonly #outputs = new Map<string, StepOutputs>()
  readonly #lineages = new Map<string, Lineage>()
  readonly #attempts = new Map<string, number>()
  readonly #running = new Map<string, Promise<void>>()
  #hits: Hit[] = []
  #failure: StoredError | undefined
  /** What kept a step's end from being written down; the run cannot go on. */
  #fatal: unknown
  /** An attempt was ended by a shutdown, which will abort the signal too. */
  #stopping = false

  constructor(execution: Execution) {
    this.#execution = execution
    this.#executor = execution.deps.executor
    const { nodes } = execution.revision.declaration
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    const finished = execution.steps.filter(
      ({ state }) => state === 'succeeded' || state === 'cached',
    )
    for (const step of finished) {
      this.#outputs.set(step.node, step.outputs)
      if (step.lineage) this.#lineages.set(step.node, step.lineage)
    }
    // A step that was under way when the server ended has that attempt again.
    for (const step of execution.steps)
      if (step.state === 'running') this.#attempts.set(step.node, Math.max(0, step.attempt - 1))
      else if (step.state === 'retrying') this.#attempts.set(step.node, step.attempt)
    this.#schedule = new Schedule(
      nodes.map((node) => ({ id: node.id, dependsOn: dependenciesOf(node) })),
      new Set(finished.map(({ node }) => node)),
    )
  }

  /** Resolves when all has succeeded or something has failed. @throws the signal's reason when it is aborted */
  async complete(): Promise<
    | { readonly state: 'succeeded'; readonly outputs: StepOutputs }
    | { readonly state: 'failed'; readonly error: StoredError }
  > {
    const { signal } = this.#execution
    // Every step that waits listens to it.
    setMaxListeners(0, signal)
    const stopped = aborted(signal)
    stopped.catch(() => undefined)
    for (const step of this.#execution.steps)
      if (step.state === 'running' && step.handle !== null)
        await this.#executor.reattach(step.handle)
    try {
      for (;;) {
        signal.throwIfAborted()
        if (this.#fatal !== undefined) throw this.#fatal
        const ready = this.#stopping ? [] : this.#schedule.take()
        if (ready.length > 0) {
          await this.#startAll(ready)
          continue
        }
        await this.#writeHits()
        const { outcome } = this.#schedule
        if (outcome === 'succeeded') return { state: 'succeeded', outputs: this.#results() }
        if (outcome === 'failed') return { state: 'failed', error: this.#failure ?? unexplained }
        await Promise.race([stopped, ...this.#running.values()])
      }
    } finally {
      await Promise.allSettled(this.#running.values())
    }
  }

  async #startAll(ready: readonly string[]): Promise<void> {
    const prepared: PreparedNode[] = []
    for (const id of ready) {
      try {
        prepared.push(await this.#prepare(id))
      } catch (failure) {
        await this.#fail(id, errorOf(failure))
      }
    }
    const usable = prepared.filter(({ node }) => cacheOff(node, this.#execution.run) === undefined)
    const entries = await findEntries(
      this.#execution.deps.database.reader,
      usable.map(({ key }) => key),
    )
    for (const node of prepared) {
      const entry = usable.includes(node) ? entries.get(node.key) : undefined
      if (entry && (await this.#isStored(entry))) await this.#hit(node, entry)
      else this.#launch(node)
    }
  }

  async #prepare(id: string): Promise<PreparedNode> {
    const { run, deps } = this.#execution
    const node = this.#nodes.get(id) as StepNode
    const scope: Scope = {
      params: run.params,
      outputs: this.#outputs,
      versions: run.versions ?? {},
      data: deps.data,
    }
    const inputs = await resolveInputs(node, scope)
    const parts = {
      step: node.step,
      code: await codeOf(node, deps.builtins),
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, { kind, digest }]) => [name, `${kind}:${digest}`]),
      ),
      outputs: node.outputs,
      seed: run.seed,
      environment: await this.#executor.environmentOf(node.body),
    }
    const params = Object.fromEntries(
      paramsOf(node).map((name) => [name, run.params[name] ?? null]),
    )
    this.#lineages.set(id, lineageOf(node, { ...parts, inputs, params, before: this.#lineages }))
    return { node, inputs, params, parts, key: cacheKeyOf(parts) }
  }

  async #isStored(entry: CacheEntry): Promise<boolean> {
    const { blobs } = this.#execution.deps
    for (const { kind, digest } of Object.values(entry.outputs))
      if (isFileKind(kind) && !(await blobs.stat(digest ?? ''))) return false
    return true
  }

  async #hit({ node, key }: PreparedNode, entry: CacheEntry): Promise<void> {
    const lineage = this.#lineages.get(node.id) as Lineage
    this.#hits.push({
      node: node.id,
      reason: hitReason(entry),
      key,
      outputs: entry.outputs,
      lineage,
    })
    this.#outputs.set(node.id, entry.outputs)
    this.#schedule.end(node.id, 'succeeded')
    if (this.#hits.length >= hitBatch) await this.#writeHits()
  }

  async #writeHits(): Promise<void> {
    const hits = this.#hits
    this.#hits = []
    if (hits.length > 0) await this.#execution.journal.hits(hits)
  }

  #launch(prepared: PreparedNode): void {
    const { id } = prepared.node
    const work = this.#runNode(prepared)
      .catch(async (failure: unknown) => {
        if (!this.#execution.signal.aborted) await this.#fail(id, errorOf(failure))
      })
      .catch((failure: unknown) => {
        this.#fatal ??= failure
      })
      .finally(() => this.#running.delete(id))
    this.#running.set(id, work)
  }

  /** Attempts until one succeeds or none is left. */
  async #runNode(prepared: PreparedNode): Promise<void> {
    const { journal, signal } = this.#execution
    const { node } = prepared
    const reason = await this.#missReason(prepared)
    await journal.step(node.id, { state: 'queued', cacheReason: reason, cacheKey: prepared.key })
    for (let attempt = (this.#attempts.get(node.id) ?? 0) + 1; ; attempt++) {
      const { outcome, elapsedMs } = await this.#attempt(prepared, attempt, reason)
      // The step has not ended: it runs again when the run is taken up again.
      if (outcome.kind === 'cancelled') {
        this.#stopping = true
        return
      }
      if (outcome.kind === 'succeeded') {
        await journal.succeeded(
          prepared,
          outcome,
          elapsedMs,
          this.#lineages.get(node.id) as Lineage,
        )
        this.#outputs.set(node.id, outcome.outputs)
        this.#schedule.end(node.id, 'succeeded')
        return
      }
      const next = afterFailure(node.retry, attempt)
      if (next.kind === 'fail') return this.#fail(node.id, outcome.error, elapsedMs)
      await journal.step(node.id, { state: 'retrying', error: outcome.error })
      await pause(next.pauseMs, undefined, { signal })
    }
  }

  async #attempt(
    prepared: PreparedNode,
    attempt: number,
    reason: string,
  ): Promise<{ outcome: StepOutcome; elapsedMs: number }> {
    const { run, revision, deps, journal, log, signal } = this.#execution
    const { node } = prepared
    const output = new StepLog({
      log,
      node: node.id,
      now: () => deps.clock.now(),
      maxBytes: deps.maxLogBytes ?? 64 * 1024 ** 2,
    })
    await output.say(`attempt ${attempt} of ${node.retry.max + 1}; ${reason}`)
    const running = await this.#executor.submit(
      {
        run: run.id,
        node: node.id,
        step: node.step,
        attempt,
        body: node.body,
        bundle: revision.bundle,
        inputs: prepared.inputs,
        outputs: node.outputs,
        params: prepared.params,
        seed: run.seed,
        timeoutMs: durationMs(node.timeout),
      },
      (stream, chunk) => output.write(stream, chunk),
      signal,
    )
    const started = performance.now()
    const outcome = await this.#until(running, async () => {
      await journal.started(node.id, attempt, running.handle)
    })
    const elapsedMs = performance.now() - started
    await output.end()
    if (outcome.kind === 'failed') await output.say(outcome.error.message)
    return { outcome, elapsedMs }
  }

  /** Waits for an attempt, and ends it when the run is to end. */
  async #until(running: RunningStep, begun: () => Promise<void>): Promise<StepOutcome> {
    const { signal } = this.#execution
    const stop = (): void => void running.cancel()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      const [outcome] = await Promise.all([running.wait(), begun()])
      return outcome
    } catch (failure) {
      await running.cancel()
      throw failure
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async #missReason({ node, parts }: PreparedNode): Promise<string> {
    const { run, deps } = this.#execution
    const off = cacheOff(node, run)
    if (off !== undefined) return off
    return missReason(parts, await newestEntry(deps.database.reader, run.pipeline, node.id))
  }

  async #fail(id: string, error: StoredError, elapsedMs: number | null = null): Promise<void> {
    this.#failure ??= error
    try {
      await this.#execution.journal.failed(id, error, elapsedMs)
    } finally {
      this.#schedule.end(id, 'failed')
    }
  }

  #results(): StepOutputs {
    return Object.fromEntries(
      Object.entries(this.#execution.revision.declaration.outputs).flatMap(([name, ref]) => {
        const artifact = this.#outputs.get(ref.node)?.[ref.output]
        return artifact ? [[name, artifact]] : []
      }),
    )
  }
}

/** The code of a built-in step is the server's own. */
const codeOf = async (
  node: StepNode,
  builtins: Readonly<Record<string, BuiltinStep>>,
): Promise<string> =>
  node.body.kind === 'builtin' ? builtinOf(node.body.name, builtins).codeDigest() : node.codeDigest

const unexplained: StoredError = { code: 'STEP_FAILED', message: 'a step failed' }

function errorOf(failure: unknown): StoredError {
  if (!(failure instanceof KaizenError))
    return {
      code: 'INTERNAL',
      message: failure instanceof Error ? failure.message : String(failure),
    }
  const { code, message, hint } = failure
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}
