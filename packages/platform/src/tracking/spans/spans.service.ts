import type { AuditLog } from '../../audit/index.ts'
import type { Actor } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import type { Experiment } from '../model.ts'
import { experimentNumber } from '../rules.ts'
import { aggregateTraces, type TraceAggregate } from '../traces/trace-aggregate.ts'
import * as traceStore from '../traces/traces.store.ts'
import { checkExperiment, spansInStore, traceKeys } from '../traces/traces.ts'
import { type ScannedResource, scanScopeSpans } from './otlp-scan.ts'
import { packSpans, readTree, readUsed } from './span-chunks.ts'
import { compressed, compressedSync } from './span-compression.ts'
import { wantedAttributes } from './span-facts.ts'
import { totalUsage, type UsageNode } from './span-usage.ts'
import * as store from './spans.store.ts'

export interface SpanDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly experiments: Experiments
}

type Head = Awaited<ReturnType<typeof store.readChunkHeads>>[number]
interface Pair {
  readonly traceNumber: number
  readonly key: string
  readonly value: string
}

/** A trace that spans are logged to, as it is known before them. */
interface Target {
  readonly number: number
  readonly known: traceStore.TraceRow | undefined
  readonly heads: readonly Head[]
  readonly aggregate: TraceAggregate
}

/** Where the files of a trace lie. */
export const traceLocation = (experiment: Experiment, traceId: string): string =>
  `${experiment.artifactLocation.replace(/\/$/, '')}/traces/${traceId}/artifacts`

/** Spans: what a trace is made of. */
export class Spans {
  readonly #deps: SpanDeps

  constructor(deps: SpanDeps) {
    this.#deps = deps
  }

  /** The traces of a call's spans, ready to be logged: work that needs no transaction. */
  prepare(
    bytes: Uint8Array,
    resources: readonly ScannedResource[],
  ): Promise<readonly TraceAggregate[]> {
    return Promise.all(
      aggregateTraces(bytes, resources).map(async (aggregate) => ({
        ...aggregate,
        chunk: { ...aggregate.chunk, content: await compressed(aggregate.chunk.content) },
      })),
    )
  }

  /**
   * Logs the spans of one call: all or none. Traces that are not known begin with them; a span that is known by its id
   * takes the place of what was known.
   * @throws NOT_FOUND for the experiment, CONFLICT when it is deleted or a trace belongs to another.
   */
  async log(
    tx: Tx,
    actor: Actor,
    experimentId: string,
    aggregates: readonly TraceAggregate[],
  ): Promise<void> {
    const { database, experiments, audit } = this.#deps
    const experiment = await experiments.requireActive(tx, experimentId)
    const targets = await this.#targets(tx, experiment, aggregates)
    const chunks: store.NewChunk[] = []
    const put: Pair[] = []
    const add: Pair[] = []
    const metadata: Pair[] = []
    const untold: Pair[] = []
    for (const target of targets) {
      const { number, aggregate } = target
      const kept = await this.#withoutRepeats(tx, target)
      const next = Math.max(-1, ...target.heads.map(({ chunk }) => chunk)) + 1
      chunks.push({ traceNumber: number, number: next, chunk: aggregate.chunk })
      await updateKnown(tx, target)
      put.push(...ownTags(target))
      add.push(...firstTags(experiment, target))
      const list = target.known?.finalized === 1 ? untold : metadata
      list.push(...foundMetadata(target, kept))
    }
    await store.insertChunks(tx, database.dialect, chunks)
    await traceStore.putPairs(tx, database.dialect, 'trace_tag', add, 'add')
    await traceStore.putPairs(tx, database.dialect, 'trace_tag', put)
    await traceStore.putPairs(tx, database.dialect, 'trace_metadata', metadata)
    await traceStore.putPairs(tx, database.dialect, 'trace_metadata', untold, 'add')
    await audit.append(tx, {
      actor,
      type: 'tracking.spans.logged',
      subject: `experiment:${experimentId}`,
      data: {
        traces: aggregates.length,
        spans: aggregates.reduce((sum, { chunk }) => sum + chunk.spanCount, 0),
      },
    })
  }

  /** The packed spans of traces, by the traces' numbers. */
  contents(
    numbers: readonly number[],
    reader: Reader = this.#deps.database.reader,
  ): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
    return store.readContents(reader, numbers)
  }

  async #targets(
    tx: Tx,
    experiment: Experiment,
    aggregates: readonly TraceAggregate[],
  ): Promise<readonly Target[]> {
    const ids = aggregates.map(({ traceId }) => traceId)
    const known = new Map((await traceStore.findTraces(tx, ids)).map((row) => [row.id, row]))
    const heads = Map.groupBy(
      await store.readChunkHeads(
        tx,
        [...known.values()].map(({ number }) => number),
      ),
      (head) => head.trace_number,
    )
    const targets: Target[] = []
    for (const aggregate of aggregates) {
      const row = known.get(aggregate.traceId)
      if (row) checkExperiment(row.id, row.experiment_number, experiment.experimentId)
      const number = row?.number ?? (await this.#begin(tx, experiment, aggregate))
      targets.push({ number, known: row, heads: heads.get(number) ?? [], aggregate })
    }
    return targets
  }

  #begin(tx: Tx, experiment: Experiment, aggregate: TraceAggregate): Promise<number> {
    const { startMs, endMs, state } = aggregate
    return traceStore.insertTrace(tx, this.#deps.database.dialect, {
      id: aggregate.traceId,
      experiment_number: experimentNumber(experiment.experimentId),
      timestamp_ms: startMs,
      execution_ms: endMs === null ? null : Math.max(0, endMs - startMs),
      state: state ?? 'IN_PROGRESS',
      client_request_id: null,
      request_preview: aggregate.requestPreview,
      response_preview: aggregate.responsePreview,
      finalized: 0,
    })
  }

  /** Takes spans that come again out of the chunks that hold them; answers what the trace holds besides the new ones. */
  async #withoutRepeats(tx: Tx, target: Target): Promise<readonly Head[]> {
    if (target.heads.length === 0) return []
    const arriving = new Set(readTree(target.aggregate.chunk.tree).map(({ spanId }) => spanId))
    const kept: Head[] = []
    for (const head of target.heads) {
      const repeats = readTree(head.tree).some(({ spanId }) => arriving.has(spanId))
      kept.push(...(repeats ? await this.#rewrite(tx, head, arriving) : [head]))
    }
    return kept
  }

  async #rewrite(tx: Tx, head: Head, without: ReadonlySet<string>): Promise<readonly Head[]> {
    const content = await store.readContent(tx, head.trace_number, head.chunk)
    await store.deleteChunk(tx, head.trace_number, head.chunk)
    if (!content) return []
    const spans = scanScopeSpans(content, wantedAttributes).filter(
      ({ spanId }) => !without.has(spanId),
    )
    if (spans.length === 0) return []
    const repacked = packSpans(content, spans)
    const chunk = { ...repacked, content: compressedSync(repacked.content) }
    const added = { traceNumber: head.trace_number, number: head.chunk, chunk }
    await store.insertChunks(tx, this.#deps.database.dialect, [added])
    return [{ ...head, span_count: chunk.spanCount, tree: chunk.tree, used: chunk.used }]
  }
}

/** What more spans change of a trace; once a client has told the whole, they change only what it left out. */
async function updateKnown(tx: Tx, { known, number, aggregate }: Target): Promise<void> {
  if (!known) return
  const { startMs, endMs, state } = aggregate
  const end =
    known.execution_ms === null
      ? endMs
      : Math.max(known.timestamp_ms + known.execution_ms, endMs ?? 0)
  const start = Math.min(known.timestamp_ms, startMs)
  const times = known.finalized
    ? {}
    : { timestamp_ms: start, execution_ms: end === null ? null : Math.max(0, end - start) }
  const open = known.state === 'IN_PROGRESS' || known.state === 'STATE_UNSPECIFIED'
  await traceStore.updateTrace(tx, number, {
    ...times,
    ...(open && state ? { state } : {}),
    ...(known.request_preview === null && aggregate.requestPreview !== null
      ? { request_preview: aggregate.requestPreview }
      : {}),
    ...(known.response_preview === null && aggregate.responsePreview !== null
      ? { response_preview: aggregate.responsePreview }
      : {}),
  })
}

function ownTags({ number, aggregate }: Target): readonly Pair[] {
  return [
    { traceNumber: number, key: traceKeys.spansLocation, value: spansInStore },
    ...[...aggregate.tags].map(([key, value]) => ({ traceNumber: number, key, value })),
  ]
}

/** Tags that are set where there is none. */
function firstTags(experiment: Experiment, { number, aggregate }: Target): readonly Pair[] {
  const { traceId, rootName } = aggregate
  const location = traceLocation(experiment, traceId)
  return [
    { traceNumber: number, key: traceKeys.artifactLocation, value: location },
    ...(rootName ? [{ traceNumber: number, key: traceKeys.name, value: rootName }] : []),
  ]
}

function foundMetadata(
  { number, known, aggregate }: Target,
  kept: readonly Head[],
): readonly Pair[] {
  const pair = (key: string, value: string): readonly Pair[] =>
    value === '' ? [] : [{ traceNumber: number, key, value }]
  const told = known?.finalized === 1
  const sum = (which: 'usage' | 'cost'): string => {
    const fresh = aggregate.chunk[which]
    if (!fresh.some(({ usage }) => usage !== undefined)) return ''
    const stored = kept.flatMap(({ tree, used }): readonly UsageNode[] =>
      readUsed(tree, used, which),
    )
    return JSON.stringify(totalUsage([...stored, ...fresh]) ?? {})
  }
  return [
    ...(known ? [] : pair(traceKeys.schemaVersion, '3')),
    ...pair(traceKeys.tokenUsage, sum('usage')),
    ...pair(traceKeys.cost, sum('cost')),
    ...(told ? [] : pair(traceKeys.session, aggregate.session)),
    ...(told ? [] : pair(traceKeys.user, aggregate.user)),
  ]
}
