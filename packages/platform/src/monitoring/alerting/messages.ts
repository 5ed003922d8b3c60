import { createHmac } from 'node:crypto'
import type { AlertEvent, AlertView, ChannelTarget } from './model.ts'

/** What is to be told: an alert and what happened to it. */
export interface Telling {
  readonly event: AlertEvent
  readonly alert: AlertView
  /** When it happened, in milliseconds. */
  readonly at: number
  /** The same for every attempt to tell it. */
  readonly id: string
}

export interface HttpMessage {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type HttpTarget = Exclude<ChannelTarget, { kind: 'email' }>

/** The request that tells an alert to a channel. */
export function httpMessage(target: HttpTarget, telling: Telling): HttpMessage {
  switch (target.kind) {
    case 'webhook':
      return signed(target, JSON.stringify(cloudEvent(telling)))
    case 'slack':
      return json(target.url, slackMessage(telling))
    case 'pagerduty':
      return json(target.url, pagerDutyEvent(telling, target.secret))
  }
}

const json = (url: string, body: unknown): HttpMessage => ({
  url,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

function signed(
  { url, secret }: { readonly url: string; readonly secret?: string | undefined },
  body: string,
): HttpMessage {
  const headers = { 'content-type': 'application/cloudevents+json' }
  if (secret === undefined) return { url, headers, body }
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { url, headers: { ...headers, 'x-kaizen-signature': `sha256=${signature}` }, body }
}

/** CloudEvents 1.0, structured mode. */
export const cloudEvent = ({ event, alert, at, id }: Telling): unknown => ({
  specversion: '1.0',
  id,
  source: `/api/v1/monitors/${alert.monitor}`,
  type: `kaizen.monitoring.alert.${event}`,
  subject: alert.id,
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json',
  data: alert,
})

const colours = { info: '#4c78a8', warning: '#d98c00', critical: '#c8372d' } as const
const resolvedColour = '#3a8a4d'

/** Text of Slack's own markup: these three signs would start a link or a mention. */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function slackMessage({ event, alert, at }: Telling): unknown {
  const title = headline(event, alert)
  return {
    text: slackText(title),
    attachments: [
      {
        color: event === 'resolved' ? resolvedColour : colours[alert.severity],
        fallback: slackText(`${title}: ${alert.message}`),
        text: slackText(alert.message),
        fields: [
          { title: 'Monitor', value: slackText(alert.monitor), short: true },
          { title: 'Severity', value: alert.severity, short: true },
        ],
        ts: Math.floor(at / 1000),
      },
    ],
  }
}

const actions = { opened: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' } as const
/** PagerDuty takes summaries of at most so many characters. */
const summaryLimit = 1024

const pagerDutyEvent = ({ event, alert, at }: Telling, routingKey: string): unknown => ({
  routing_key: routingKey,
  event_action: actions[event],
  dedup_key: alert.id,
  payload: {
    summary: `${alert.monitor}: ${alert.message}`.slice(0, summaryLimit),
    source: alert.monitor,
    severity: alert.severity,
    timestamp: new Date(at).toISOString(),
    component: alert.metric,
    class: alert.rule,
    custom_details: {
      value: alert.value,
      threshold: alert.threshold,
      window_from: new Date(alert.windowFrom).toISOString(),
      window_to: new Date(alert.windowTo).toISOString(),
    },
  },
})

/** One line: what happened to which rule of which monitor. */
export const headline = (event: AlertEvent, alert: AlertView): string =>
  `${alert.severity}: ${alert.monitor} ${alert.rule} ${event}`

/** A mail in plain text. */
export const mailText = ({ event, alert, at }: Telling): { subject: string; text: string } => ({
  // A line break in a subject would begin another header.
  subject: `[Kaizen] ${headline(event, alert)}`.replaceAll(/[\r\n]+/g, ' '),
  text: [
    alert.message,
    '',
    `Monitor:   ${alert.monitor}`,
    `Rule:      ${alert.rule} (${alert.metric})`,
    `Severity:  ${alert.severity}`,
    `Value:     ${alert.value ?? 'none'}, bound ${alert.threshold ?? 'none'}`,
    `Window:    ${new Date(alert.windowFrom).toISOString()} to ${new Date(alert.windowTo).toISOString()}`,
    `Told:      ${new Date(at).toISOString()}`,
    `Alert:     ${alert.id}`,
    '',
  ].join('\n'),
})
