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
  const labels = new LateLabels(rows)
  let next = 0
  for (let from: number = scenario.start; from < end; from += scenario.stepMs) {
    const to = Math.min(end, from + scenario.stepMs)
    const due: BikeRow[] = []
    for (; next < rows.length && (rows[next] as BikeRow).at < to; next++)
      due.push(rows[next] as BikeRow)
    if (isIn(scenario.wrongUnit.from, from, to)) await markWrongUnit(client)
    await Promise.all([sendTraffic(options, due), labels.send(client, to - scenario.labelDelayMs)])
    if (isIn(scenario.truncatedWindow.at, from, to)) await plantTruncatedWindow(client)
    await advance(client, to)
    await options.onStep(to)
  }
  // The labels of the last day arrive after the last prediction.
  await labels.send(client, Number.POSITIVE_INFINITY)
  await advance(client, end + scenario.labelDelayMs)
}

/** One request an hour to the live endpoint, as its callers would; the frozen copy gets the same rows at once. */
async function sendTraffic({ invoke }: ReplayOptions, rows: readonly BikeRow[]): Promise<void> {
  const asked = (endpoint: string, row: BikeRow) => ({
    id: inferenceId(endpoint, row.at),
    at: row.at,
    inputs: delivered(row.at, row.inputs),
  })
  const live = rows.map((row) => invoke(scenario.endpoint, [asked(scenario.endpoint, row)]))
  const frozen =
    rows.length === 0
      ? []
      : [
          invoke(
            scenario.frozenEndpoint,
            rows.map((row) => asked(scenario.frozenEndpoint, row)),
          ),
        ]
  await Promise.all([...live, ...frozen])
}

class LateLabels {
  readonly #rows: readonly BikeRow[]
  #next = 0

  constructor(rows: readonly BikeRow[]) {
    this.#rows = rows
  }

  /** Gives the truth of every hour before `until` that has not been given yet. */
  async send(client: Client, until: number): Promise<void> {
    const due: BikeRow[] = []
    for (
      ;
      this.#next < this.#rows.length && (this.#rows[this.#next] as BikeRow).at < until;
      this.#next++
    )
      due.push(this.#rows[this.#next] as BikeRow)
    if (due.length === 0) return
    const give = (name: string): Promise<unknown> => {
      const items = due.map(
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
