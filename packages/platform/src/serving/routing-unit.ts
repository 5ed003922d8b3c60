import { KaizenError } from '@kaizen/contracts'
import type { Tensor } from '../runtime/index.ts'
import type { EntryRouting } from './log/record.ts'
import type { Headers } from './routing/header-rules.ts'
import type { RoutingUnit } from './routing/router.ts'
import type { BoundInputs } from './wire/bind.ts'
import { maxIdLength } from './wire/prediction-context.ts'

export type RoutingHeaders = Headers

const unitHeader = 'x-kaizen-unit-id'
const timeoutHeader = 'x-kaizen-timeout-ms'
const mostTimeoutMs = 9_999_999
const noHeaders: Headers = {}

/** What a router may look at of a call. */
export function routingUnit(
  { headers = noHeaders }: { readonly headers?: Headers | undefined },
  id: string,
  bind: () => BoundInputs,
): RoutingUnit {
  return {
    id: unitOf(headers) || id,
    headers,
    features: (names) => contextOf(bind(), names),
  }
}

/** How a call came to its arm, as the log keeps it. */
export function entryRouting(headers: Headers | undefined, propensity: number): EntryRouting {
  if (!headers) return { propensity, unit: '', traceId: '' }
  return { propensity, unit: unitOf(headers), traceId: traceOf(headers) }
}

/** The unit of traffic that a request names, such as a customer. @throws INVALID_REQUEST */
function unitOf(headers: Headers): string {
  const value = headers[unitHeader]
  if (value === undefined) return ''
  if (typeof value !== 'string' || value.length > maxIdLength) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `${unitHeader}: expected text of at most ${maxIdLength} characters`,
    )
  }
  return value
}

/** The trace id of W3C's traceparent header; empty where it is absent or ill-formed. */
function traceOf(headers: Headers): string {
  const value = headers['traceparent']
  if (typeof value !== 'string') return ''
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(value)?.[1] ?? ''
}

/** 1 for the intercept and the numbers of the only row; undefined where there are more rows, or not these numbers. */
function contextOf(
  { tensors, rows }: BoundInputs,
  names: readonly string[],
): Float64Array | undefined {
  if (rows !== 1) return undefined
  const context = new Float64Array(names.length + 1)
  context[0] = 1
  for (const [i, name] of names.entries()) {
    const number = numberOf(tensors, name)
    if (number === undefined || !Number.isFinite(number)) return undefined
    context[i + 1] = number
  }
  return context
}

/** The number of an input, or of a place in one such as `x[3]`. */
function numberOf(tensors: Readonly<Record<string, Tensor>>, name: string): number | undefined {
  const whole = tensors[name]
  if (whole) return whole.data.length === 1 ? Number(whole.data[0]) : undefined
  const [, input, place] = /^(.+)\[(\d+)\]$/.exec(name) ?? []
  if (input === undefined) return undefined
  const value = tensors[input]?.data[Number(place)]
  return value === undefined || typeof value === 'string' ? undefined : Number(value)
}

/** How long the caller waits, where it says. @throws INVALID_REQUEST */
export function timeoutOf(headers: Headers | undefined): number | undefined {
  const value = headers?.[timeoutHeader]
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[1-9]\d{0,6}$/.test(value)) return Number(value)
  throw new KaizenError('INVALID_REQUEST', `${timeoutHeader}: expected whole milliseconds`)
}

/** The headers of a call whose protocol has a deadline of its own: what is sooner, that or what they say, counts. */
export function withDeadline(
  headers: Readonly<Record<string, string>>,
  leftMs: number,
): Readonly<Record<string, string>> {
  if (!(leftMs <= mostTimeoutMs)) return headers
  const left = Math.max(1, Math.ceil(leftMs))
  return (timeoutOf(headers) ?? left) < left ? headers : { ...headers, [timeoutHeader]: `${left}` }
}
