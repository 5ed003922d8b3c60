import { z } from 'zod'
import { channelEvent, deliveryView } from './delivery.ts'
import { endpoint } from './endpoint.ts'
import { alertView } from './monitoring.ts'
import {
  duration,
  empty,
  idParams,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

/** Names with `*` for any text. */
const pattern = z.string().min(1).max(250).default('*')
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .max(2000)
const address = z.email().max(320)

/** Where alerts are told. Addresses and secrets are written once and never shown again. */
export const channelTarget = z.discriminatedUnion('kind', [
  /** A CloudEvent as JSON; with a secret, signed in `x-kaizen-signature` by HMAC-SHA256. */
  z.strictObject({
    kind: z.literal('webhook'),
    url: httpUrl,
    secret: z.string().min(8).max(500).optional(),
    /** The event as a whole in the body, or its attributes in `ce-…` headers and its data in the body. */
    mode: z.enum(['structured', 'binary']).default('structured'),
  }),
  /** A message of the shape that Slack's incoming webhooks take. */
  z.strictObject({ kind: z.literal('slack'), url: httpUrl }),
  /** An event of the shape of PagerDuty's Events API v2. */
  z.strictObject({
    kind: z.literal('pagerduty'),
    url: httpUrl.default('https://events.pagerduty.com/v2/enqueue'),
    secret: z.string().min(1).max(500),
  }),
  z.strictObject({
    kind: z.literal('email'),
    host: z.string().min(1).max(250),
    port: z.number().int().min(1).max(65_535).default(587),
    /** TLS from the first byte; otherwise by STARTTLS: where the server offers it, and with a user it must. */
    secure: z.boolean().default(false),
    user: z.string().max(320).optional(),
    secret: z.string().max(500).optional(),
    from: address,
    to: z.array(address).min(1).max(50),
  }),
])
export type ChannelTarget = z.output<typeof channelTarget>

export const channelBody = z
  .strictObject({
    target: channelTarget,
    /** Only alerts of these monitors and rules, at least this severe. */
    monitors: pattern,
    rules: pattern,
    minSeverity: z.enum(severities).default('info'),
    events: z.array(channelEvent).min(1).default(['opened', 'resolved']),
  })
  .refine(
    ({ target, events }) =>
      target.kind === 'webhook' || !events.some((event) => event.startsWith('window.')),
    { path: ['events'], error: 'windows are told to channels of kind webhook only' },
  )
export type ChannelBody = z.output<typeof channelBody>

export const channelView = z.object({
  name: objectName,
  kind: z.enum(['webhook', 'slack', 'pagerduty', 'email']),
  /** Host or recipients; the rest of an address may be a secret. */
  target: z.string(),
  monitors: z.string(),
  rules: z.string(),
  minSeverity: z.enum(severities),
  events: z.array(channelEvent),
  updatedAt: timestampMs,
})
export type ChannelView = z.output<typeof channelView>

export const silenceBody = z
  .strictObject({
    monitors: pattern,
    rules: pattern,
    from: timestampMs.optional(),
    to: timestampMs,
    /** Repeats so often, as maintenance every `7d`. */
    repeat: duration.nullable().default(null),
    reason: z.string().min(1).max(1000),
  })
  .refine(({ from, to }) => from === undefined || to > from, {
    path: ['to'],
    error: 'must be after from',
  })
export const silenceView = z.object({
  id: z.string(),
  monitors: z.string(),
  rules: z.string(),
  from: timestampMs,
  to: timestampMs,
  repeat: z.string().nullable(),
  reason: z.string(),
  createdBy: z.string(),
  createdAt: timestampMs,
  active: z.boolean(),
})
export type SilenceView = z.output<typeof silenceView>

export const alertingApi = {
  alert: endpoint({
    method: 'GET',
    path: '/api/v1/alerts/:id',
    summary: 'An alert with what was sent about it',
    action: 'view',
    params: idParams,
    response: alertView.extend({ deliveries: z.array(deliveryView) }),
  }),
  resolve: endpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/resolve',
    summary: 'Resolve an alert by hand; a window that breaks the rule again opens another',
    action: 'edit',
    params: idParams,
    body: z.strictObject({ note: z.string().max(2000).default('') }),
    response: alertView,
  }),
  channels: endpoint({
    method: 'GET',
    path: '/api/v1/alert-channels',
    summary: 'Channels that alerts are told by',
    action: 'view',
    query: pageQuery,
    response: page(channelView),
  }),
  putChannel: endpoint({
    method: 'PUT',
    path: '/api/v1/alert-channels/:name',
    summary: 'Create or replace a channel',
    action: 'admin',
    params: nameParams,
    body: channelBody,
    response: channelView,
  }),
  deleteChannel: endpoint({
    method: 'DELETE',
    path: '/api/v1/alert-channels/:name',
    summary: 'Delete a channel',
    action: 'admin',
    params: nameParams,
    response: empty,
  }),
  testChannel: endpoint({
    method: 'POST',
    path: '/api/v1/alert-channels/:name/test',
    summary: 'Send a test message now, and say how it went',
    action: 'admin',
    params: nameParams,
    response: z.object({ ok: z.boolean(), error: z.string().nullable() }),
  }),
  silences: endpoint({
    method: 'GET',
    path: '/api/v1/alert-silences',
    summary: 'Silences and maintenance windows, newest first',
    action: 'view',
    query: pageQuery,
    response: page(silenceView),
  }),
  silence: endpoint({
    method: 'POST',
    path: '/api/v1/alert-silences',
    summary: 'Tell nobody of some alerts for a time; they are opened and shown all the same',
    action: 'edit',
    body: silenceBody,
    response: silenceView,
    status: 201,
  }),
  endSilence: endpoint({
    method: 'DELETE',
    path: '/api/v1/alert-silences/:id',
    summary: 'End a silence now',
    action: 'edit',
    params: idParams,
    response: empty,
  }),
} as const
