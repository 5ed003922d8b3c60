import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import type { KeyValue } from '../model.ts'
import {
  checkCount,
  checkLength,
  experimentNumber,
  experimentNumbers,
  invalidValue,
} from '../rules.ts'
import { type Spans, traceLocation } from '../spans/spans.service.ts'
import { ownerOfAssessment, putAssessments } from './assessments.store.ts'
import * as store from './traces.store.ts'
import {
  type Assessment,
  checkExperiment,
  checkedPairs,
  checkTraceId,
  noSuchTrace,
  type TraceInfo,
  type TraceState,
  traceKeys,
} from './traces.ts'

export interface TraceDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly experiments: Experiments
  readonly spans: Spans
}

export interface NewTrace {
  readonly traceId: string
  readonly experimentId: string
  readonly timestampMs: number
  readonly executionMs: number | null
  readonly state: TraceState
  readonly clientRequestId: string | null
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly metadata: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly assessments: readonly Assessment[]
}

const mostIds = 1000

/** Traces: what an application did for one request. */
export class Traces {
  readonly #deps: TraceDeps

  constructor(deps: TraceDeps) {
    this.#deps = deps
  }

  /**
   * Tells a whole trace, before its spans or after them: what it says stands.
   * @throws INVALID_REQUEST, NOT_FOUND for the experiment, CONFLICT when it is deleted.
   */
  async start(tx: Tx, actor: Actor, trace: NewTrace): Promise<TraceInfo> {
    const experiment = await this.#deps.experiments.requireActive(tx, trace.experimentId)
    const [known] = await store.findTraces(tx, [checkTraceId(trace.traceId)])
    if (known) checkExperiment(known.id, known.experiment_number, experiment.experimentId)
    const number = await this.#put(tx, trace, known)
    await this.#pairs(tx, number, 'trace_metadata', trace.metadata)
    await this.#pairs(tx, number, 'trace_tag', [
      ...trace.tags,
      {
        key: traceKeys.artifactLocation,
        value: traceLocation(experiment, trace.traceId),
      },
    ])
    await this.#assess(tx, number, trace.assessments)
    const what = known ? 'told' : 'started'
    await this.#record(tx, actor, what, trace.traceId, { experimentId: trace.experimentId })
    return this.#byNumber(tx, number)
  }

  async #assess(tx: Tx, number: number, assessments: readonly Assessment[]): Promise<void> {
    for (const { assessmentId } of assessments) {
      const owner = await ownerOfAssessment(tx, assessmentId)
      if (owner !== undefined && owner !== number)
        throw invalidValue('assessment_id', assessmentId, 'it is of another trace.')
    }
    await putAssessments(tx, number, assessments)
  }

  async #put(tx: Tx, trace: NewTrace, known: store.TraceRow | undefined): Promise<number> {
    const row = {
      experiment_number: experimentNumber(trace.experimentId),
      timestamp_ms: trace.timestampMs,
      execution_ms: trace.executionMs,
      state: trace.state,
      client_request_id: trace.clientRequestId,
      finalized: trace.state === 'IN_PROGRESS' ? 0 : 1,
    }
    if (!known) {
      return store.insertTrace(tx, this.#deps.database.dialect, {
        ...row,
        id: trace.traceId,
        request_preview: trace.requestPreview,
        response_preview: trace.responsePreview,
      })
    }
    await store.updateTrace(tx, known.number, {
      ...row,
      ...(trace.requestPreview === null ? {} : { request_preview: trace.requestPreview }),
      ...(trace.responsePreview === null ? {} : { response_preview: trace.responsePreview }),
    })
    return known.number
  }

  /** Begins a trace the way version 2 of the protocol does, with an id of the server's. */
  startV2(
    tx: Tx,
    actor: Actor,
    trace: Pick<NewTrace, 'experimentId' | 'timestampMs' | 'metadata' | 'tags'>,
  ): Promise<TraceInfo> {
    return this.start(tx, actor, {
      ...trace,
      traceId: `tr-${this.#deps.ids.hex32()}`,
      executionMs: null,
      state: 'IN_PROGRESS',
      clientRequestId: null,
      requestPreview: null,
      responsePreview: null,
      assessments: [],
    })
  }

  /** @throws NOT_FOUND */
  async endV2(
    tx: Tx,
    actor: Actor,
    traceId: string,
    end: {
      readonly timestampMs: number
      readonly state: TraceState
      readonly metadata: readonly KeyValue[]
      readonly tags: readonly KeyValue[]
    },
  ): Promise<TraceInfo> {
    const row = await this.requireRow(tx, traceId)
    await store.updateTrace(tx, row.number, {
      execution_ms: Math.max(0, end.timestampMs - row.timestamp_ms),
      state: end.state,
      finalized: 1,
    })
    await this.#pairs(tx, row.number, 'trace_metadata', end.metadata)
    await this.#pairs(tx, row.number, 'trace_tag', end.tags)
    await this.#record(tx, actor, 'ended', traceId, { state: end.state })
    return this.#byNumber(tx, row.number)
  }

  /** @throws NOT_FOUND */
  async get(traceId: string): Promise<TraceInfo> {
    const { reader } = this.#deps.database
    return this.#byNumber(reader, (await this.requireRow(reader, traceId)).number)
  }

  /** Traces by id in the order asked for, without those that are not there, or not of these experiments. */
  async getMany(
    traceIds: readonly string[],
    experimentIds: readonly string[] = [],
  ): Promise<readonly TraceInfo[]> {
    checkCount('trace_ids', traceIds.length, mostIds)
    const among = new Set(experimentNumbers(experimentIds))
    const { reader } = this.#deps.database
    const rows = await store.findTraces(reader, traceIds)
    const numbers = new Map(
      rows
        .filter((row) => among.size === 0 || among.has(row.experiment_number))
        .map((row) => [row.id, row.number]),
    )
    return store.readTraces(
      reader,
      [...new Set(traceIds)].flatMap((id) => numbers.get(id) ?? []),
    )
  }

  /** The packed spans of traces, by id. */
  async contents(traceIds: readonly string[]): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
    const rows = await store.findTraces(this.#deps.database.reader, traceIds)
    const contents = await this.#deps.spans.contents(rows.map(({ number }) => number))
    return new Map(rows.map(({ id, number }) => [id, contents.get(number) ?? []]))
  }

  /** Deletes traces by id, or those that began at a time or before; answers how many. @throws INVALID_REQUEST */
  async delete(
    tx: Tx,
    actor: Actor,
    experimentId: string,
    which: {
      readonly until?: number | undefined
      readonly most?: number | undefined
      readonly traceIds: readonly string[]
    },
  ): Promise<number> {
    const rows = await this.#selected(tx, experimentNumber(experimentId), which)
    await store.deleteTraces(
      tx,
      rows.map(({ number }) => number),
    )
    if (rows.length > 0) {
      await this.#deps.audit.append(tx, {
        actor,
        type: 'tracking.traces.deleted',
        subject: `experiment:${experimentId}`,
        data: { traces: rows.length, first: rows[0]?.id, last: rows.at(-1)?.id },
      })
    }
    return rows.length
  }

  async #selected(
    tx: Tx,
    experiment: number,
    {
      until,
      most,
      traceIds,
    }: { until?: number | undefined; most?: number | undefined; traceIds: readonly string[] },
  ): Promise<readonly store.TraceRow[]> {
    if (traceIds.length > 0) {
      if (until !== undefined || most !== undefined)
        throw new KaizenError(
          'INVALID_REQUEST',
          'Only one of `max_timestamp_millis` with `max_traces` and `request_ids` can be given.',
        )
      checkCount('request_ids', traceIds.length, mostIds)
      const rows = await store.findTraces(tx, [...new Set(traceIds)])
      return rows.filter((row) => row.experiment_number === experiment)
    }
    if (until === undefined)
      throw new KaizenError(
        'INVALID_REQUEST',
        'Either `max_timestamp_millis` or `request_ids` must be specified.',
      )
    if (most !== undefined && most < 1)
      throw invalidValue('max_traces', most, 'it must be positive.')
    return store.oldestTraces(tx, experiment, until, Math.min(most ?? mostIds, mostIds))
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async setTag(tx: Tx, actor: Actor, traceId: string, tag: KeyValue): Promise<void> {
    const row = await this.requireRow(tx, traceId)
    await this.#pairs(tx, row.number, 'trace_tag', [tag])
    await this.#record(tx, actor, 'tagged', traceId, { key: tag.key })
  }

  /** @throws NOT_FOUND for the trace or the tag. */
  async deleteTag(tx: Tx, actor: Actor, traceId: string, key: string): Promise<void> {
    const row = await this.requireRow(tx, traceId)
    if (!(await store.deleteTraceTag(tx, row.number, key)))
      throw new KaizenError(
        'NOT_FOUND',
        `No trace tag with key '${key.slice(0, 250)}' for ${traceId}`,
      )
    await this.#record(tx, actor, 'untagged', traceId, { key })
  }

  /** Notes that a run looked at traces. @throws INVALID_REQUEST */
  async linkToRun(tx: Tx, actor: Actor, runId: string, traceIds: readonly string[]): Promise<void> {
    checkCount('trace_ids', traceIds.length, 100)
    checkLength('run_id', runId, 256)
    const rows = await store.findTraces(tx, traceIds)
    await store.linkRuns(
      tx,
      runId,
      rows.map(({ number }) => number),
    )
    await this.#deps.audit.append(tx, {
      actor,
      type: 'tracking.traces.linked',
      subject: `run:${runId}`,
      data: { traces: rows.length },
    })
  }

  /** Notes which versions of prompts made a trace. @throws NOT_FOUND */
  async linkPrompts(
    tx: Tx,
    actor: Actor,
    traceId: string,
    prompts: readonly { readonly name: string; readonly version: string }[],
  ): Promise<void> {
    checkCount('prompt_versions', prompts.length, 100)
    for (const { name, version } of prompts) checkLength('prompt', `${name}/${version}`, 512)
    const row = await this.requireRow(tx, traceId)
    await store.linkPrompts(
      tx,
      row.number,
      prompts.map(({ name, version }) => `${name}/${version}`),
    )
    await this.#record(tx, actor, 'linked', traceId, { prompts })
  }

  /** @throws NOT_FOUND */
  async requireRow(reader: Reader, traceId: string): Promise<store.TraceRow> {
    const [row] = await store.findTraces(reader, [traceId])
    if (row) return row
    throw noSuchTrace(traceId)
  }

  async #byNumber(reader: Reader, number: number): Promise<TraceInfo> {
    const [trace] = await store.readTraces(reader, [number])
    if (!trace) throw new Error('a trace vanished')
    return trace
  }

  async #pairs(
    tx: Tx,
    number: number,
    table: 'trace_tag' | 'trace_metadata',
    pairs: readonly KeyValue[],
  ): Promise<void> {
    checkCount(table === 'trace_tag' ? 'tags' : 'trace_metadata', pairs.length, mostIds)
    const checked = checkedPairs(pairs, table === 'trace_tag' ? 'tags' : 'trace_metadata')
    await store.putPairs(
      tx,
      this.#deps.database.dialect,
      table,
      checked.map((pair) => ({ traceNumber: number, ...pair })),
    )
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    traceId: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.trace.${what}`,
      subject: `trace:${traceId}`,
      data,
    })
  }
}
