import {
  continualApi,
  type FeedbackItem,
  modelsApi,
  monitoringApi,
  servingApi,
  systemApi,
} from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import type { BikeRow } from './bike-rows.ts'
import { delivered, scenario } from './scenario.ts'

export interface ReplayOptions {
  readonly client: Client
  /** Rows of the replayed time, in order. */
  readonly rows: readonly BikeRow[]
  readonly invoke: Invoke
  readonly end: number
  readonly onStep: (now: number) => Promise<void> | void
}

/** Asks an endpoint for the predictions of rows at their event times; the ids make it safe to ask again. */
export type Invoke = (
  endpoint: string,
  rows: readonly {
    readonly id: string
    readonly at: number
    readonly inputs: Readonly<Record<string, number>>
  }[],
) => Promise<void>

/** Id of the prediction for an hour: the same hour asked again is the same prediction. */
const inferenceId = (endpoint: string, at: number): string =>
  `${endpoint}-${new Date(at).toISOString().slice(0, 13)}`

/** Trains and deploys the first model, and freezes a copy of it as the thing to beat. */
export async function deployFirstModel(client: Client): Promise<void> {
  await advance(client, scenario.start)
  const { items } = await client.call(continualApi.candidates, {
    query: { policy: scenario.policy, limit: 1 },
  })
  if (items.length === 0) {
    await client.call(continualApi.trigger, {
      params: { name: scenario.policy },
      body: { reason: 'first model' },
    })
  }
  await advance(client, scenario.start)
  const first = await client.call(modelsApi.version, {
    params: { name: scenario.model, version: '@champion' },
  })
  await client.call(servingApi.setRoute, {
    params: { name: scenario.frozenEndpoint },
    body: {
      arms: [
        {
          name: 'frozen',
          model: `models:/${scenario.model}/${first.version}`,
          mode: 'live',
          weight: 1,
        },
      ],
      reason: 'kept as it is, to compare with',
    },
  })
}

/** Sends the rows as traffic in time order, ground truth a day late, and moves the clock along. */
export async function replay(options: ReplayOptions): Promise<void> {
  const { client, rows, end } = options
  const live = new Cursor(rows)
  const frozen = new Cursor(rows)
  const labels = new Cursor(rows)
  for (let from: number = scenario.start; from < end; from += scenario.stepMs) {
    const to = Math.min(end, from + scenario.stepMs)
    if (isIn(scenario.wrongUnit.from, from, to)) await markWrongUnit(client)
    const sent = [sendLive(options, live.until(to))]
    // What is compared, and the truth, come once a day.
    if (to % dayMs === 0 || to === end) {
      sent.push(sendFrozen(options, frozen.until(to)))
      sent.push(sendLabels(client, labels.until(to - scenario.labelDelayMs)))
    }
    await Promise.all(sent)
    if (isIn(scenario.truncatedWindow.at, from, to)) await plantTruncatedWindow(client)
    await advance(client, to)
    await options.onStep(to)
  }
  // The labels of the last day arrive after the last prediction.
  await sendLabels(client, labels.until(Number.POSITIVE_INFINITY))
  await advance(client, end + scenario.labelDelayMs)
}

const dayMs = 24 * 3_600_000

const asked = (endpoint: string, row: BikeRow) => ({
  id: inferenceId(endpoint, row.at),
  at: row.at,
  inputs: delivered(row.at, row.inputs),
})

/** One request an hour, as callers would. */
async function sendLive({ invoke }: ReplayOptions, rows: readonly BikeRow[]): Promise<void> {
  await Promise.all(rows.map((row) => invoke(scenario.endpoint, [asked(scenario.endpoint, row)])))
}

/** The same rows to the frozen copy, in one request. */
async function sendFrozen({ invoke }: ReplayOptions, rows: readonly BikeRow[]): Promise<void> {
  if (rows.length === 0) return
  await invoke(
    scenario.frozenEndpoint,
    rows.map((row) => asked(scenario.frozenEndpoint, row)),
  )
}

/** The truth of the rows, for both endpoints. */
async function sendLabels(client: Client, rows: readonly BikeRow[]): Promise<void> {
  if (rows.length === 0) return
  const give = (name: string): Promise<unknown> => {
    const items = rows.map(
      (row): FeedbackItem => ({
        inferenceId: inferenceId(name, row.at),
        value: row.hires,
        observedAt: row.at + scenario.labelDelayMs,
      }),
    )
    return client.call(servingApi.feedback, { params: { name }, body: { items } })
  }
  await Promise.all([give(scenario.endpoint), give(scenario.frozenEndpoint)])
}

/** Walks through rows in time order. */
class Cursor {
  readonly #rows: readonly BikeRow[]
  #next = 0

  constructor(rows: readonly BikeRow[]) {
    this.#rows = rows
  }

  /** The rows before `time` that have not been answered yet. */
  until(time: number): readonly BikeRow[] {
    const from = this.#next
    while (this.#next < this.#rows.length && (this.#rows[this.#next] as BikeRow).at < time)
      this.#next++
    return this.#rows.slice(from, this.#next)
  }
}

const isIn = (at: number, from: number, to: number): boolean => from <= at && at < to

/** The feed starts to deliver the wrong unit; the monitor's series show that this was planted. */
async function markWrongUnit(client: Client): Promise<void> {
  const { from, to, label } = scenario.wrongUnit
  const text = `planted: ${label}`
  const params = { name: scenario.monitor }
  const { annotations } = await client.call(monitoringApi.series, {
    params,
    query: { metric: 'performance:mae', from, to },
  })
  if (annotations.some((mark) => mark.text === text)) return
  await client.call(monitoringApi.annotate, { params, body: { at: from, kind: 'incident', text } })
}

async function plantTruncatedWindow(client: Client): Promise<void> {
  const { label, length } = scenario.truncatedWindow
  const { items } = await client.call(continualApi.candidates, {
    query: { policy: scenario.policy, limit: 5 },
  })
  if (items.some((candidate) => candidate.incident === label)) return
  await client.call(continualApi.trigger, {
    params: { name: scenario.policy },
    body: {
      reason: `planted incident: ${label}`,
      trainingLength: length,
      incident: label,
      ignoreCooldown: true,
    },
  })
}

async function advance(client: Client, to: number): Promise<void> {
  await client.call(systemApi.advanceClock, { body: { to } })
}
