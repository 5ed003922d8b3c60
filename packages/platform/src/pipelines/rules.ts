import { durationMs, type JsonValue, KaizenError } from '@kaizen/contracts'
import { digestOf } from '../kernel/index.ts'
import type {
  CacheEntry,
  CacheParts,
  Params,
  PipelineDeclaration,
  StepNode,
  ValueRef,
} from './model.ts'

/** References inside an input, the input's own first. */
function refsOf(ref: ValueRef): readonly ValueRef[] {
  if (ref.from !== 'dataset') return [ref]
  const inner = [ref.version, ref.windowFrom, ref.windowTo].filter((part) => part !== undefined)
  return [ref, ...inner.flatMap(refsOf)]
}
const allRefs = (node: StepNode): readonly ValueRef[] => Object.values(node.inputs).flatMap(refsOf)

/** Ids of the nodes that must have succeeded before a node starts. */
export const dependenciesOf = (node: StepNode): readonly string[] => [
  ...new Set([
    ...allRefs(node).flatMap((ref) => (ref.from === 'node' ? [ref.node] : [])),
    ...node.after,
  ]),
]

/** Names of the pipeline's parameters that flow into a node. */
export const paramsOf = (node: StepNode): readonly string[] => [
  ...new Set(allRefs(node).flatMap((ref) => (ref.from === 'param' ? [ref.name] : []))),
]

/**
 * Checks what the schema of a declaration cannot: names are distinct, references lead somewhere, nothing waits for itself.
 * @throws INVALID_MANIFEST
 */
export function checkDeclaration(declaration: PipelineDeclaration): void {
  const refuse = (message: string): never => {
    throw new KaizenError('INVALID_MANIFEST', `pipeline "${declaration.name}": ${message}`)
  }
  checkNames(declaration, refuse)
  const nodes = new Map(declaration.nodes.map((node) => [node.id, node]))
  if (nodes.size < declaration.nodes.length) refuse('two nodes have the same id')
  const known = (where: string, node: string, output: string): void => {
    if (!nodes.has(node)) refuse(`${where} refers to the node "${node}", which does not exist`)
    if (nodes.get(node)?.outputs[output] === undefined)
      refuse(`${where} refers to the output "${output}" of "${node}", which has none of that name`)
  }
  for (const node of declaration.nodes) {
    for (const ref of allRefs(node)) {
      if (ref.from === 'node') known(`node "${node.id}"`, ref.node, ref.output)
      if (ref.from === 'param' && declaration.params[ref.name] === undefined)
        refuse(`node "${node.id}" refers to the parameter "${ref.name}", which does not exist`)
    }
    for (const before of node.after)
      if (!nodes.has(before))
        refuse(`node "${node.id}" comes after "${before}", which does not exist`)
  }
  for (const [name, { node, output }] of Object.entries(declaration.outputs))
    known(`output "${name}"`, node, output)
  const circle = findCycle(declaration.nodes)
  if (circle) refuse(`its nodes wait for each other: ${circle.join(' → ')}`)
}

/** Names of inputs, outputs and parameters become names of artifacts, metrics and columns elsewhere. */
function checkNames(declaration: PipelineDeclaration, refuse: (message: string) => never): void {
  const names = [
    ...Object.keys(declaration.params),
    ...Object.keys(declaration.outputs),
    ...declaration.nodes.flatMap((node) => [
      ...Object.keys(node.inputs),
      ...Object.keys(node.outputs),
    ]),
  ]
  const bad = names.find((name) => !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name))
  if (bad !== undefined)
    refuse(`${JSON.stringify(bad)} is no name: use letters, digits, "_", "-" and "."`)
}

/** A circle of nodes that wait for each other, if there is one. Iterative: graphs may be long chains. */
export function findCycle(nodes: readonly StepNode[]): readonly string[] | undefined {
  const edges = new Map(nodes.map((node) => [node.id, dependenciesOf(node)]))
  const done = new Set<string>()
  for (const { id } of nodes) {
    const path: { readonly id: string; next: number }[] = [{ id, next: 0 }]
    const onPath = new Set([id])
    for (let top = path.at(-1); top && !done.has(id); top = path.at(-1)) {
      const following = edges.get(top.id)?.[top.next++]
      if (following === undefined) {
        path.pop()
        onPath.delete(top.id)
        done.add(top.id)
      } else if (onPath.has(following)) {
        const start = path.findIndex((step) => step.id === following)
        return [...path.slice(start).map((step) => step.id), following]
      } else if (!done.has(following)) {
        path.push({ id: following, next: 0 })
        onPath.add(following)
      }
    }
  }
  return undefined
}

const paramChecks = {
  number: { test: (value) => Number.isFinite(value), wanted: 'a finite number' },
  integer: { test: (value) => Number.isSafeInteger(value), wanted: 'an integer' },
  timestamp: {
    test: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    wanted: 'milliseconds since 1970',
  },
  string: { test: (value) => typeof value === 'string', wanted: 'text' },
  boolean: { test: (value) => typeof value === 'boolean', wanted: 'true or false' },
  json: { test: () => true, wanted: 'JSON' },
} satisfies Record<string, { test: (value: JsonValue) => boolean; wanted: string }>

/** Parameters of a run with defaults filled in. @throws INVALID_REQUEST naming the parameter. */
export function completeParams(declaration: PipelineDeclaration, given: Params): Params {
  const declared = Object.entries(declaration.params)
  const unknown = Object.keys(given).find((name) => declaration.params[name] === undefined)
  if (unknown !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `pipeline "${declaration.name}" has no parameter "${unknown}"`,
      { hint: `Its parameters are: ${declared.map(([name]) => name).join(', ') || 'none'}.` },
    )
  }
  return Object.fromEntries(
    declared.map(([name, param]) => {
      const value = given[name] ?? param.default
      const { test, wanted } = paramChecks[param.type]
      if (value === undefined || !test(value)) {
        const what = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`
        throw new KaizenError(
          'INVALID_REQUEST',
          `pipeline "${declaration.name}": parameter "${name}" ${what}; expected ${wanted}`,
        )
      }
      return [name, value]
    }),
  )
}

/** Why the cache is not asked for a node, if it is not. */
export function cacheOff(node: StepNode, run: { readonly cache: boolean }): string | undefined {
  if (!node.cache) return 'off: the step is declared with cache: false'
  if (Object.keys(node.outputs).length === 0) return 'off: the step has no outputs, only effects'
  return run.cache ? undefined : 'off: this run was started without the cache'
}

/** Key of the outputs of a step: equal exactly when all that determines them is equal. */
export const cacheKeyOf = (parts: CacheParts): string => digestOf(parts)

/** Why there is no entry for these parts, by comparing with the newest entry of the same node. */
export function missReason(parts: CacheParts, newest: CacheEntry | undefined): string {
  if (!newest) return 'miss: this step has not run before'
  const before = newest.parts
  const changes = [
    ...(before.code === parts.code ? [] : ['its code changed']),
    ...changedNames(before.inputs, parts.inputs).map((name) => `input "${name}" changed`),
    ...(before.seed === parts.seed
      ? []
      : [`the seed changed from ${before.seed} to ${parts.seed}`]),
    ...changedNames(before.environment, parts.environment).map(
      (name) =>
        `${name} changed from ${before.environment[name] ?? 'none'} to ${parts.environment[name] ?? 'none'}`,
    ),
    ...(digestOf(before.outputs) === digestOf(parts.outputs) ? [] : ['its outputs changed']),
  ]
  return changes.length === 0
    ? `miss: the outputs of run ${newest.run} are no longer stored`
    : `miss: ${changes.join(', ')} since run ${newest.run}`
}

export const hitReason = (entry: CacheEntry): string =>
  `hit: same code, inputs, parameters, seed and environment as run ${entry.run}`

function changedNames(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...names].filter((name) => before[name] !== now[name]).sort()
}

/** What follows an attempt that failed: another after a pause that doubles each time, or the end. */
export function afterFailure(
  retry: StepNode['retry'],
  attempt: number,
): { readonly kind: 'retry'; readonly pauseMs: number } | { readonly kind: 'fail' } {
  if (attempt > retry.max) return { kind: 'fail' }
  const pauseMs = durationMs(retry.backoff) * 2 ** (attempt - 1)
  return { kind: 'retry', pauseMs: Math.min(pauseMs, longestPauseMs) }
}
const longestPauseMs = 3_600_000
