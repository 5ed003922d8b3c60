import { createHmac } from 'node:crypto'
import type { ReportDocument } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts'
import type { WindowReport } from '../model.ts'
import type { AlertEvent, AlertView, ChannelTarget, WindowEvent } from './model.ts'

/** What is to be told of a window. */
export interface WindowTelling {
  readonly event: WindowEvent
  readonly window: WindowReport
  readonly at: number
  readonly id: string
}

/** What is to be told: an alert and what happened to it. */
export interface Telling {
  readonly event: AlertEvent
  readonly alert: AlertView
  /** When it happened, in milliseconds. */
  readonly at: number
  /** The same for every attempt to tell it. */
  readonly id: string
}

/** A report that is told. */
export interface ReportTelling {
  readonly report: ReportDocument
  readonly html: string
  readonly at: number
  readonly id: string
}

export interface HttpMessage {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type HttpTarget = Exclude<ChannelTarget, { kind: 'email' }>

/** The request that tells an alert or a window to a channel. */
export function httpMessage(
  target: HttpTarget,
  telling: Telling | WindowTelling | ReportTelling,
): HttpMessage {
  if ('report' in telling) return reportMessage(target, telling)
  if ('window' in telling) {
    if (target.kind !== 'webhook')
      throw new KaizenError('UNSUPPORTED', 'windows are told to webhooks')
    return eventMessage(target, windowEvent(telling))
  }
  switch (target.kind) {
    case 'webhook':
      return eventMessage(target, cloudEvent(telling))
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

/** A CloudEvent in the content mode that the channel asks for. */
function eventMessage(
  { url, secret, mode }: Extract<ChannelTarget, { kind: 'webhook' }>,
  event: OutgoingEvent,
): HttpMessage {
  if (mode !== 'binary') {
    const headers = { 'content-type': 'application/cloudevents+json' }
    return signed({ url, secret, headers }, JSON.stringify(event))
  }
  const { data, datacontenttype, ...attributes } = event
  const headers: Record<string, string> = { 'content-type': datacontenttype }
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) headers[`ce-${name}`] = headerValue(value)
  return signed({ url, secret, headers }, JSON.stringify(data))
}

/** Spaces, quotes, percent signs and what leaves printable ASCII are percent-encoded, as the protocol binding says. */
const headerValue = (text: string): string =>
  text.replaceAll(/[^\x21\x23\x24\x26-\x7e]+/gu, (part) => encodeURIComponent(part))

function signed(
  {
    url,
    secret,
    headers,
  }: {
    readonly url: string
    readonly secret: string | undefined
    readonly headers: Readonly<Record<string, string>>
  },
  body: string,
): HttpMessage {
  if (secret === undefined) return { url, headers, body }
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { url, headers: { ...headers, 'x-kaizen-signature': `sha256=${signature}` }, body }
}

interface OutgoingEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string | undefined
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: unknown
}

/** CloudEvents 1.0. */
export const cloudEvent = ({ event, alert, at, id }: Telling): OutgoingEvent => ({
  specversion: '1.0',
  id,
  source: `/api/v1/monitors/${alert.monitor}`,
  type: `kaizen.monitoring.alert.${event}`,
  subject: alert.id,
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json',
  data: alert,
})

/** A window: its size, and the metrics that are over their bounds; all of them are behind `href`. */
export const windowEvent = ({ event, window, at, id }: WindowTelling): OutgoingEvent => {
  const { statistics, ...rest } = window
  const judged = statistics.filter(({ drifted }) => drifted !== null)
  return {
    specversion: '1.0',
    id,
    source: `/api/v1/monitors/${window.monitor}`,
    type: `kaizen.monitoring.${event}`,
    subject: window.id,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    data: {
      ...rest,
      href: `/api/v1/monitor-windows/${window.id}`,
      metrics: { judged: judged.length, drifted: judged.filter(({ drifted }) => drifted).length },
      drifted: judged
        .filter(({ drifted }) => drifted)
        .slice(0, namedMetrics)
        .map(({ metric, value, threshold, lower, note }) => ({
          metric,
          value,
          threshold,
          lower,
          note,
        })),
    },
  }
}

/** Metrics that an event names; a window of hundreds of columns may have more. */
const namedMetrics = 100

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

function reportMessage(target: HttpTarget, telling: ReportTelling): HttpMessage {
  const { report, at, id } = telling
  switch (target.kind) {
    case 'webhook':
      return eventMessage(target, {
        specversion: '1.0',
        id,
        source: '/api/v1/monitor-reports',
        type: 'kaizen.monitoring.report',
        subject: report.name ?? undefined,
        time: new Date(at).toISOString(),
        datacontenttype: 'application/json',
        data: report,
      })
    case 'slack':
      return json(target.url, { text: slackText(reportText(report)) })
    case 'pagerduty':
      throw new KaizenError('UNSUPPORTED', 'PagerDuty takes alerts and no reports')
  }
}

/** What stands out of a report, as plain text. */
const reportText = (report: ReportDocument): string =>
  [
    `${report.title}: ${new Date(report.from).toISOString()} to ${new Date(report.to).toISOString()}`,
    ...report.findings.map((finding) => `- ${finding}`),
  ].join('\n')

/** A mail with the report as one file beside what stands out of it. */
export const reportMail = ({ report, html }: ReportTelling) => ({
  subject: `[Kaizen] ${report.title}`.replaceAll(/[\r\n]+/g, ' '),
  text: `${reportText(report)}\n`,
  attachments: [
    {
      filename: `${report.name ?? 'report'}-${new Date(report.to).toISOString().slice(0, 10)}.html`,
      content: html,
      contentType: 'text/html; charset=utf-8',
    },
  ],
})
