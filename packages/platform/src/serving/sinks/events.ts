import { type PredictionRecord, predictionEventType } from '@kaizen/contracts'
import { shortestDouble } from '../log/columns.ts'
import type { PlacedRow } from '../log/log-place.ts'
import { predictionRecord } from '../prediction-table.ts'

/** A logged prediction as a CloudEvent of version 1.0. */
export interface PredictionEvent {
  readonly specversion: '1.0'
  /** The same however often it is sent: the log and the place in it. */
  readonly id: string
  readonly source: string
  readonly type: typeof predictionEventType
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: Omit<PredictionRecord, 'actual'>
}

export interface EventScope {
  readonly endpoint: string
  readonly log: string
  /** Whether a column of the inputs is left out. */
  readonly isRedacted: (column: string) => boolean
}

export function eventOf({ place, row }: PlacedRow, scope: EventScope): PredictionEvent {
  const { actual: _, inputs, ...record } = predictionRecord(scope.endpoint, row, undefined)
  const shown = Object.entries(inputs).filter(([column]) => !scope.isRedacted(column))
  return {
    specversion: '1.0',
    id: `${scope.log}/${place.segment}.${place.row}`,
    source: `/endpoints/${scope.endpoint}`,
    type: predictionEventType,
    subject: row.id,
    time: new Date(row.at).toISOString(),
    datacontenttype: 'application/json',
    data: {
      ...record,
      // As the log holds it on the disk, so that the same prediction is the same event for good.
      latencyMs: shortestDouble(Math.fround(record.latencyMs)),
      inputs: Object.fromEntries(shown),
    },
  }
}

/** Columns by their name, or all of a matrix by its own. */
export function redaction(columns: readonly string[]): (column: string) => boolean {
  const named = new Set(columns)
  return (column) => named.has(column) || named.has(column.replace(/\[\d+\]$/, ''))
}

export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** One event a message, with its attributes in the body. */
export const structured = (event: PredictionEvent): HttpMessage => ({
  headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  body: Buffer.from(JSON.stringify(event)),
})

/** One event a message, with its attributes in headers. */
export function binary({ data, datacontenttype, ...attributes }: PredictionEvent): HttpMessage {
  const headers: Record<string, string> = { 'content-type': datacontenttype }
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = headerText(value)
  return { headers, body: Buffer.from(JSON.stringify(data)) }
}

export const batched = (events: readonly PredictionEvent[]): HttpMessage => ({
  headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
  body: Buffer.from(JSON.stringify(events)),
})

/** As the HTTP binding writes values: percent signs, quotes, spaces and what is not ASCII by their bytes of UTF-8. */
const headerText = (value: string): string =>
  value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (char) =>
    [...Buffer.from(char)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
