import { createHmac } from 'node:crypto'
import { channelTarget } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { eventsOf } from '../cloud-events/events.ts'
import { httpMessage, type Telling } from './messages.ts'
import type { ChannelTarget } from './model.ts'

type HttpTarget = Exclude<ChannelTarget, { kind: 'email' }>

const telling = (id: string): Telling => ({
  event: 'opened',
  at: Date.UTC(2026, 0, 5),
  id: 'delivery-1',
  alert: {
    id,
    monitor: 'bike-watch',
    rule: 'r',
    metric: 'drift:température:psi',
    severity: 'critical',
    state: 'open',
    message: '100 % missing, "sun" 雨',
    value: 3,
    threshold: 0.2,
    note: '',
    acknowledgedBy: null,
    assignee: null,
    comments: 0,
    openedAt: 0,
    resolvedAt: null,
    windowFrom: 0,
    windowTo: 3_600_000,
  },
})
const secret = 'a secret of some length'
const webhook = (mode: string): HttpTarget =>
  channelTarget.parse({
    kind: 'webhook',
    url: 'https://example.org/hook',
    secret,
    mode,
  }) as HttpTarget

it.each(['alert-1', 'a "100 %" alert, Météo 雨\r\nx-other: 1', 'a%20b'])(
  'an event says the same in binary and structured mode, and is read again as it was told: %j',
  (id) => {
    const structured = httpMessage(webhook('structured'), telling(id))
    const binary = httpMessage(webhook('binary'), telling(id))
    const [told] = eventsOf(structured.headers, JSON.parse(structured.body))
    const [again] = eventsOf(binary.headers, JSON.parse(binary.body))
    expect(again).toEqual(told)
    expect(told?.subject).toBe(id)
    for (const value of Object.values(binary.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/)
  },
)

it('binary mode has the attributes in headers and the data alone in the body, signed as it is', () => {
  const { headers, body } = httpMessage(webhook('binary'), telling('alert-1'))
  expect(headers).toEqual({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'delivery-1',
    'ce-source': '/api/v1/monitors/bike-watch',
    'ce-type': 'kaizen.monitoring.alert.opened',
    'ce-subject': 'alert-1',
    'ce-time': '2026-01-05T00:00:00.000Z',
    'x-kaizen-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  })
  expect(JSON.parse(body)).toEqual(telling('alert-1').alert)
})

it('a channel that does not say is told by structured mode', () => {
  const target = channelTarget.parse({ kind: 'webhook', url: 'https://example.org/hook' })
  const { headers, body } = httpMessage(target as HttpTarget, telling('alert-1'))
  expect(headers).toEqual({ 'content-type': 'application/cloudevents+json' })
  expect(JSON.parse(body)).toMatchObject({ specversion: '1.0', id: 'delivery-1' })
})
