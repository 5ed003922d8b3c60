import type { IncomingHttpHeaders } from 'node:http'
import { KaizenError } from '@kaizen/contracts'
import { z } from 'zod'

/** A CloudEvent as far as Kaizen reads it; extensions are let pass. */
const cloudEvent = z.object({
  specversion: z.literal('1.0', 'only CloudEvents 1.0 are read'),
  id: z.string().min(1).max(500),
  source: z.string().min(1).max(2000),
  type: z.string().min(1).max(200),
  subject: z.string().min(1).max(500).optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: z
    .string()
    .regex(/^[^;]*[/+]json\s*(;|$)/i, 'only JSON data is read')
    .optional(),
  data: z.unknown(),
  data_base64: z.string().optional(),
})
export type CloudEvent = z.output<typeof cloudEvent>

const batchLimit = 10_000
const [structured, batched] = [
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const

/**
 * The events of a request, in whichever content mode of the HTTP protocol binding it came.
 * @throws INVALID_REQUEST with the place of what is wrong, UNSUPPORTED_MEDIA_TYPE for other formats
 */
export function eventsOf(headers: IncomingHttpHeaders, body: unknown): readonly CloudEvent[] {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === batched) {
    if (!Array.isArray(body) || body.length > batchLimit)
      throw new KaizenError(
        'INVALID_REQUEST',
        `body: a batch is a list of at most ${batchLimit} events`,
      )
    return body.map((one, index) => read(`body[${index}]`, one))
  }
  if (type === structured) return [read('body', body)]
  if (type.startsWith('application/cloudevents')) {
    throw new KaizenError('UNSUPPORTED_MEDIA_TYPE', `content type ${type} is not read`, {
      hint: `Send ${structured}, ${batched}, or the binary mode with ce-… headers.`,
    })
  }
  if (headers['ce-specversion'] === undefined && headers['ce-id'] === undefined) {
    throw new KaizenError('INVALID_REQUEST', 'the request carries no CloudEvent', {
      hint: `Send ${structured}, ${batched}, or the binary mode with ce-specversion, ce-id, ce-source and ce-type.`,
    })
  }
  return [
    read('headers', { ...attributesOf(headers), datacontenttype: type || undefined, data: body }),
  ]
}

function read(place: string, value: unknown): CloudEvent {
  const parsed = cloudEvent.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = [place, ...(issue?.path ?? [])].join('.')
    throw new KaizenError('INVALID_REQUEST', `${where}: ${issue?.message ?? 'no CloudEvent'}`)
  }
  return parsed.data.data_base64 === undefined
    ? parsed.data
    : { ...parsed.data, data: decoded(place, parsed.data.data_base64) }
}

function decoded(place: string, base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'))
  } catch (cause) {
    throw new KaizenError('INVALID_REQUEST', `${place}.data_base64: not JSON in base64`, { cause })
  }
}

/** Context attributes of the binary mode: header values are percent-encoded where they leave printable ASCII. */
function attributesOf(headers: IncomingHttpHeaders): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || typeof value !== 'string') continue
    try {
      attributes[name.slice(3)] = decodeURIComponent(value)
    } catch (cause) {
      throw new KaizenError('INVALID_REQUEST', `header ${name}: not well percent-encoded`, {
        cause,
      })
    }
  }
  return attributes
}
