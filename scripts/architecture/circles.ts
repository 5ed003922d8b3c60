import { posix } from 'node:path'
import type { Rule, SourceFile, Tree, Violation } from './tree.ts'

interface Arrow {
  readonly to: string
  readonly line: number
}

/** Files that import each other in a circle, types included: neither can be read, moved or tested without the other. */
export const circleRule: Rule = { name: 'no-circle', check: circles }

function* circles({ sources }: Tree): Iterable<Violation> {
  const known = new Set(sources.map(({ path }) => path))
  const arrows = new Map(sources.map((file) => [file.path, arrowsOf(file, known)]))
  for (const circle of stronglyConnected(arrows)) {
    const inside = new Set(circle)
    const [path = ''] = circle
    const line = arrows.get(path)?.find(({ to }) => inside.has(to))?.line
    yield {
      path,
      ...(line === undefined ? {} : { line }),
      message: `imports itself by way of ${circle.slice(1).join(', ') || 'nothing else'}; put what they share into a file of its own`,
    }
  }
}

/** What a file needs in order to be read; what it loads on demand, it can be read without. */
function arrowsOf({ path, imports }: SourceFile, known: ReadonlySet<string>): readonly Arrow[] {
  return imports
    .filter(({ kind, specifier }) => kind !== 'dynamic' && specifier.startsWith('.'))
    .map(({ specifier, line }) => ({ to: posix.join(posix.dirname(path), specifier), line }))
    .filter(({ to }) => known.has(to))
}

/** Groups of nodes that reach each other, each in the order of its names (Tarjan 1972). */
function stronglyConnected(
  arrows: ReadonlyMap<string, readonly Arrow[]>,
): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const open: string[] = []
  const found: string[][] = []

  const visit = (node: string): number => {
    const own = order.size
    order.set(node, own)
    open.push(node)
    let low = own
    for (const { to } of arrows.get(node) ?? []) {
      if (!order.has(to)) low = Math.min(low, visit(to))
      else if (open.includes(to)) low = Math.min(low, order.get(to) ?? low)
    }
    if (low === own) {
      const group = open.splice(open.indexOf(node))
      const onItself = arrows.get(node)?.some(({ to }) => to === node) === true
      if (group.length > 1 || onItself) found.push(group.sort())
    }
    return low
  }
  for (const node of arrows.keys()) if (!order.has(node)) visit(node)
  return found
}
