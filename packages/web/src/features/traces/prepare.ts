import type { Span } from './wire.ts'

/** A span at its place in the tree and in time. */
export interface SpanRow {
  readonly span: Span
  readonly depth: number
  /** How many spans lie directly below. */
  readonly below: number
  /** Where its bar begins and how long it is, as shares of the whole trace. */
  readonly offset: number
  readonly share: number
  readonly durationMs: number | null
}

/** How much of the width a bar takes at least, so that what is short can be seen. */
const leastShare = 0.002

/**
 * The spans of a trace as rows: each below its parent, in the order in which they began; what is below a folded span is
 * left out. Spans whose parent is not there, or that claim to be above each other, stand at the top.
 */
export function spanRows(spans: readonly Span[], folded: ReadonlySet<string>): readonly SpanRow[] {
  const byId = new Set(spans.map(({ id }) => id))
  const children = Map.groupBy(spans, (span) => (byId.has(span.parentId) ? span.parentId : ''))
  const begin = Math.min(...spans.map(({ startMs }) => startMs))
  const end = Math.max(...spans.map(({ startMs, endMs }) => endMs ?? startMs))
  const whole = Math.max(end - begin, 1e-6)
  const rows: SpanRow[] = []
  const seen = new Set<string>()
  const stack = byStart(children.get('') ?? []).map((span) => ({ span, depth: 0 }))
  const hiddenBelow = hidden(children, folded)
  const left = () => spans.find(({ id }) => !seen.has(id) && !hiddenBelow.has(id))
  for (;;) {
    const next = stack.shift()
    if (!next) {
      const stray = left()
      if (!stray) return rows
      stack.push({ span: stray, depth: 0 })
      continue
    }
    const { span, depth } = next
    if (seen.has(span.id)) continue
    seen.add(span.id)
    const durationMs = span.endMs === null ? null : span.endMs - span.startMs
    rows.push({
      span,
      depth,
      below: children.get(span.id)?.length ?? 0,
      offset: Math.min((span.startMs - begin) / whole, 1 - leastShare),
      share: Math.max((durationMs ?? end - span.startMs) / whole, leastShare),
      durationMs,
    })
    if (folded.has(span.id)) continue
    const own = byStart(children.get(span.id) ?? [])
    stack.unshift(...own.map((child) => ({ span: child, depth: depth + 1 })))
  }
}

type Children = ReadonlyMap<string, readonly Span[]>

const byStart = (spans: readonly Span[]): readonly Span[] =>
  spans.toSorted((a, b) => a.startMs - b.startMs)

function descendants(children: Children, id: string): ReadonlySet<string> {
  const found = new Set<string>()
  const stack = [id]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const child of children.get(next) ?? []) {
      if (found.has(child.id) || child.id === id) continue
      found.add(child.id)
      stack.push(child.id)
    }
  }
  return found
}

function hidden(children: Children, folded: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set<string>()
  for (const id of folded) for (const child of descendants(children, id)) all.add(child)
  return all
}

/** A value of an attribute as it is read: texts that hold JSON are laid out. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? ''
  if (!/^\s*[[{]/.test(value)) return value
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

const hiddenKeys = new Set(['mlflow.traceRequestId', 'mlflow.spanType'])
const firstKeys = ['mlflow.spanInputs', 'mlflow.spanOutputs']
const titles: Readonly<Record<string, string>> = {
  'mlflow.spanInputs': 'Inputs',
  'mlflow.spanOutputs': 'Outputs',
}

/** Attributes of a span: what went in and out first, then by name; what the page tells already is left out. */
export const attributesOf = (
  span: Span,
): readonly { readonly name: string; readonly text: string }[] =>
  [...span.attributes]
    .filter(([key]) => !hiddenKeys.has(key))
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
    .map(([key, value]) => ({ name: titles[key] ?? key, text: shown(value) }))

const rank = (key: string): number => {
  const at = firstKeys.indexOf(key)
  return at < 0 ? firstKeys.length : at
}
