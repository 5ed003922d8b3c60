import { randomBytes } from 'node:crypto'

/** Who called, by W3C Trace Context. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Undefined where the header is missing or malformed: then a trace begins here. https://www.w3.org/TR/trace-context/ */
export function traceParentOf(header: string | undefined): TraceParent | undefined {
  const [, version, traceId, spanId, flags, more] = form.exec(header?.trim() ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  // The highest version is forbidden; the first one has exactly four parts, later ones may have more.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const newTraceId = (): string => randomBytes(16).toString('hex')
export const newSpanId = (): string => randomBytes(8).toString('hex')

/** Whether a trace is told: its caller's word where that decides, else by its id, so that all of its parts agree. */
export function isSampled(
  traceId: string,
  parent: TraceParent | undefined,
  { parentBased, ratio }: { readonly parentBased: boolean; readonly ratio: number },
): boolean {
  if (parent && parentBased) return parent.sampled
  return Number.parseInt(traceId.slice(18), 16) < ratio * 2 ** 56
}
