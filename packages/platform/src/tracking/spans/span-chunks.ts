import type { ScannedSpan } from './otlp-scan.ts'
import { factsOf, keepable, type SpanFacts } from './span-facts.ts'
import type { Usage, UsageNode } from './span-usage.ts'

/** Spans of one name, type, status and model. */
export interface SpanGroup {
  readonly name: string
  readonly type: string
  readonly status: string
  readonly model: string
  readonly provider: string
  readonly spanCount: number
  /** Two doubles a span: when it began and how long it took, in milliseconds; NaN while it runs. */
  readonly points: Uint8Array
}

/** Spans of one trace that arrived together, packed as they are kept. */
export interface SpanChunk {
  readonly spanCount: number
  readonly tree: Uint8Array
  readonly used: string
  readonly content: Uint8Array
  readonly groups: readonly SpanGroup[]
  readonly usage: readonly UsageNode[]
  readonly cost: readonly UsageNode[]
}

const spansTag = 0x12

/** Packs spans, each at its place in `bytes`; of two with one id the later stands. */
export function packSpans(bytes: Uint8Array, given: readonly ScannedSpan[]): SpanChunk {
  const spans = lastOfEach(given)
  const facts = spans.map(factsOf)
  const nodes = (which: 'usage' | 'cost'): readonly UsageNode[] =>
    spans.map(({ spanId, parentId }, index) => ({
      spanId,
      parentId,
      usage: facts[index]?.[which],
    }))
  return {
    spanCount: spans.length,
    tree: packTree(spans),
    used: packUsed(spans, facts),
    content: packContent(bytes, spans),
    groups: packGroups(spans, facts),
    usage: nodes('usage'),
    cost: nodes('cost'),
  }
}

function lastOfEach(spans: readonly ScannedSpan[]): readonly ScannedSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  return byId.size === spans.length ? spans : [...byId.values()]
}

const noParent = '0'.repeat(16)

const packTree = (spans: readonly ScannedSpan[]): Uint8Array =>
  Buffer.from(spans.map(({ spanId, parentId }) => spanId + (parentId || noParent)).join(''), 'hex')

/** The ids of spans and of their parents. */
export function readTree(
  tree: Uint8Array,
): readonly { readonly spanId: string; readonly parentId: string }[] {
  const hex = Buffer.from(tree.buffer, tree.byteOffset, tree.length).toString('hex')
  return Array.from({ length: tree.length / 16 }, (_, index) => {
    const at = index * 32
    const parentId = hex.slice(at + 16, at + 32)
    return { spanId: hex.slice(at, at + 16), parentId: parentId === noParent ? '' : parentId }
  })
}

/** Tokens, dollars, model, provider and beginning of a span that used any. */
type UsedBySpan = readonly [Usage | null, Usage | null, string, string, number]
type Used = Readonly<Record<string, UsedBySpan>>

function packUsed(spans: readonly ScannedSpan[], facts: readonly SpanFacts[]): string {
  const entries = spans.flatMap(({ spanId, startMs }, index) => {
    const { usage, cost, model = '', provider = '' } = facts[index] ?? {}
    const used: UsedBySpan = [usage ?? null, cost ?? null, model, provider, startMs]
    return usage || cost ? [[spanId, used] as const] : []
  })
  return entries.length === 0 ? '' : JSON.stringify(Object.fromEntries(entries))
}

/** The nodes that usage or cost is summed over, of a chunk that was kept. */
export function readUsed(
  tree: Uint8Array,
  used: string,
  which: 'usage' | 'cost',
): readonly UsageNode[] {
  const bySpan = used === '' ? {} : (JSON.parse(used) as Used)
  return readTree(tree).map((node) => ({
    ...node,
    usage: bySpan[node.spanId]?.[which === 'usage' ? 0 : 1] ?? undefined,
  }))
}

/** What spans of a kept chunk cost, with what they asked. */
export const readCosts = (
  used: string,
): readonly {
  readonly cost: Usage
  readonly model: string
  readonly provider: string
  readonly startMs: number
}[] =>
  Object.values(used === '' ? {} : (JSON.parse(used) as Used)).flatMap(
    ([, cost, model, provider, startMs]) => (cost ? [{ cost, model, provider, startMs }] : []),
  )

/** A ScopeSpans message of the spans' own bytes. */
function packContent(bytes: Uint8Array, spans: readonly ScannedSpan[]): Uint8Array {
  let size = 0
  for (const { from, to } of spans) size += 1 + varintSize(to - from) + (to - from)
  const content = Buffer.allocUnsafe(size)
  let at = 0
  for (const { from, to } of spans) {
    content[at++] = spansTag
    for (let rest = to - from; ; rest >>>= 7) {
      if (rest < 0x80) {
        content[at++] = rest
        break
      }
      content[at++] = (rest & 0x7f) | 0x80
    }
    content.set(bytes.subarray(from, to), at)
    at += to - from
  }
  return content
}

const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5

function packGroups(
  spans: readonly ScannedSpan[],
  facts: readonly SpanFacts[],
): readonly SpanGroup[] {
  const groups = new Map<string, { name: string; facts: SpanFacts; members: ScannedSpan[] }>()
  for (const [index, span] of spans.entries()) {
    const own = facts[index] as SpanFacts
    const key = `${span.name}\0${own.type}\0${span.status}\0${own.model}\0${own.provider}`
    const group = groups.get(key)
    if (group) group.members.push(span)
    else groups.set(key, { name: span.name, facts: own, members: [span] })
  }
  return [...groups.values()].map(({ name, facts: { type, model, provider }, members }) => ({
    name: keepable(name).slice(0, 1000),
    type,
    status: members[0]?.status ?? 'UNSET',
    model,
    provider,
    spanCount: members.length,
    points: packPoints(members),
  }))
}

function packPoints(spans: readonly ScannedSpan[]): Uint8Array {
  const points = new Float64Array(spans.length * 2)
  for (const [index, { startMs, endMs }] of spans.entries()) {
    points[index * 2] = startMs
    points[index * 2 + 1] = endMs > 0 ? endMs - startMs : Number.NaN
  }
  return new Uint8Array(points.buffer)
}

/** When spans of a group began and how long they took. */
export function readPoints(
  points: Uint8Array,
): readonly { readonly startMs: number; readonly durationMs: number }[] {
  const view = new DataView(points.buffer, points.byteOffset, points.length)
  return Array.from({ length: points.length / 16 }, (_, index) => ({
    startMs: view.getFloat64(index * 16, true),
    durationMs: view.getFloat64(index * 16 + 8, true),
  }))
}
