import type { ScannedResource, ScannedSpan } from '../spans/otlp-scan.ts'
import { packSpans, type SpanChunk } from '../spans/span-chunks.ts'
import { keepable, rootFactsOf, sessionOf, unwrapped, userOf } from '../spans/span-facts.ts'
import type { TraceState } from './traces.ts'

/** What the spans of one call say about their trace. */
export interface TraceAggregate {
  readonly traceId: string
  readonly startMs: number
  /** The end of the last span that ended. */
  readonly endMs: number | null
  /** Known once the root is. */
  readonly state: TraceState | undefined
  readonly rootName: string | undefined
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly session: string
  readonly user: string
  readonly tags: ReadonlyMap<string, string>
  readonly chunk: SpanChunk
}

/** Groups the spans of a call by trace, in the order in which traces first appear. */
export function aggregateTraces(
  bytes: Uint8Array,
  resources: readonly ScannedResource[],
): readonly TraceAggregate[] {
  const byTrace = new Map<string, { resource: ScannedResource; spans: ScannedSpan[] }>()
  for (const resource of resources) {
    for (const span of resource.spans) {
      const known = byTrace.get(span.traceId)
      if (known) known.spans.push(span)
      else byTrace.set(span.traceId, { resource, spans: [span] })
    }
  }
  return [...byTrace].map(([id, { resource, spans }]) =>
    aggregate(`tr-${id}`, bytes, resource, spans),
  )
}

function aggregate(
  traceId: string,
  bytes: Uint8Array,
  resource: ScannedResource,
  spans: readonly ScannedSpan[],
): TraceAggregate {
  const root = spans.find(({ parentId }) => parentId === '')
  const facts = root && rootFactsOf(root)
  let [startMs, endMs] = [Number.POSITIVE_INFINITY, 0]
  for (const span of spans) {
    startMs = Math.min(startMs, span.startMs)
    endMs = Math.max(endMs, span.endMs)
  }
  return {
    traceId,
    startMs: Math.floor(startMs),
    endMs: endMs > 0 ? Math.floor(endMs) : null,
    state: root && (root.status === 'ERROR' ? 'ERROR' : 'OK'),
    rootName: root && keepable(root.name).slice(0, 1000),
    requestPreview: facts?.requestPreview ?? null,
    responsePreview: facts?.responsePreview ?? null,
    session: firstOf(spans, sessionOf),
    user: firstOf(spans, userOf),
    tags: new Map([...resourceTags(resource), ...(facts?.tags ?? [])]),
    chunk: packSpans(bytes, spans),
  }
}

function firstOf(spans: readonly ScannedSpan[], read: (span: ScannedSpan) => string): string {
  for (const span of spans) {
    const found = span.attributes.size > 0 ? read(span) : ''
    if (found !== '') return found
  }
  return ''
}

/** What produced the spans, as tags; bookkeeping of the exporter and of MLflow is not for others to set. */
const resourceTags = ({ attributes }: ScannedResource): readonly [string, string][] =>
  [...attributes]
    .filter(([key]) => key !== '' && key.length <= 250 && !/^(telemetry\.sdk\.|mlflow\.)/.test(key))
    .map(([key, value]) => {
      const plain = unwrapped(value)
      const text = typeof plain === 'string' ? plain : JSON.stringify(plain ?? null)
      return [keepable(key), keepable(text).slice(0, 8000)]
    })
