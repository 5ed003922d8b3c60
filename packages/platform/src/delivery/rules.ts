import { KaizenError, type Manifest, type PlanChange } from '@kaizen/contracts'
import { canonicalJson } from '../kernel/index.ts'
import { type DeclaredObject, type ObjectKind, objectKinds, type Standing } from './model.ts'

const lists: Readonly<Record<ObjectKind, keyof Manifest>> = {
  dataset: 'datasets',
  entity: 'entities',
  'feature-view': 'featureViews',
  'on-demand-view': 'onDemandViews',
  'feature-service': 'featureServices',
  pipeline: 'pipelines',
  ensemble: 'ensembles',
  endpoint: 'endpoints',
  monitor: 'monitors',
  report: 'reports',
  policy: 'policies',
}

/** Every object of a manifest, in the order in which they can be put into force. */
export function objectsOf(manifest: Manifest): readonly DeclaredObject[] {
  return objectKinds.flatMap((kind) =>
    ((manifest[lists[kind]] ?? []) as readonly { readonly name: string }[]).map((declaration) => ({
      kind,
      name: declaration.name,
      declaration: declaration as DeclaredObject['declaration'],
    })),
  )
}

/**
 * Checks what a schema cannot: names are unique, and every reference leads to an object of the same project.
 * @throws INVALID_MANIFEST
 */
export function checkReferences(manifest: Manifest): void {
  const objects = objectsOf(manifest)
  const known = new Set<string>()
  for (const { kind, name } of objects) {
    if (known.has(`${kind}:${name}`)) throw invalid(`the ${kind} "${name}" is declared twice`)
    known.add(`${kind}:${name}`)
  }
  const need = (from: string, kind: ObjectKind, name: string): void => {
    if (!known.has(`${kind}:${name}`))
      throw invalid(`${from} refers to the ${kind} "${name}", which the project does not declare`)
  }
  for (const monitor of manifest.monitors) {
    const from = `monitor "${monitor.name}"`
    if (monitor.endpoint !== null) need(from, 'endpoint', monitor.endpoint)
    if (monitor.dataset !== null) need(from, 'dataset', monitor.dataset)
    if (monitor.pipeline !== null) need(from, 'pipeline', monitor.pipeline)
    if (monitor.featureView !== null) need(from, 'feature-view', monitor.featureView)
  }
  for (const report of manifest.reports ?? []) {
    const from = `report "${report.name}"`
    for (const monitor of report.monitors) need(from, 'monitor', monitor)
    for (const { dataset } of report.datasets) need(from, 'dataset', dataset)
  }
  for (const dataset of manifest.datasets) {
    if (dataset.collect) need(`dataset "${dataset.name}"`, 'endpoint', dataset.collect.endpoint)
    if (dataset.source) checkSourcePath(manifest, dataset.name, dataset.source.path)
  }
  for (const policy of manifest.policies) {
    const from = `policy "${policy.name}"`
    need(from, 'endpoint', policy.endpoint)
    need(from, 'monitor', policy.monitor)
    need(from, 'pipeline', policy.pipeline)
    need(from, 'dataset', policy.dataset)
  }
}

function checkSourcePath(manifest: Manifest, dataset: string, path: string): void {
  if (manifest.bundle.some((file) => file.path === path)) return
  throw invalid(
    `dataset "${dataset}" is loaded from "${path}", which is not among the project's files`,
  )
}

const invalid = (message: string): KaizenError =>
  new KaizenError('INVALID_MANIFEST', message, {
    hint: 'Mend kaizen.ts and run `kaizen plan` again.',
  })

/** What a plan is made from. */
export interface PlanInput {
  /** The manifest in force. */
  readonly before: Manifest | undefined
  readonly after: Manifest
  readonly standing: Standing
  /** Kinds whose objects hold data: what is declared no more stays. */
  readonly keeping: ReadonlySet<ObjectKind>
}

/** What differs between what is declared and what stands, object by object and field by field. */
export function planChanges({
  before,
  after,
  standing,
  keeping,
}: PlanInput): readonly PlanChange[] {
  const old = new Map((before ? objectsOf(before) : []).map((object) => [keyOf(object), object]))
  const changes = objectsOf(after).map((object) => {
    const previous = old.get(keyOf(object))
    old.delete(keyOf(object))
    return changeOf(object, previous, standing.get(keyOf(object)))
  })
  return [
    ...changes,
    ...[...old.values()].flatMap((object): readonly PlanChange[] => {
      const key = keyOf(object)
      if (!keeping.has(object.kind)) return [{ object: key, kind: 'remove', fields: [] }]
      if (standing.get(key) === undefined) return []
      return [{ object: key, kind: 'release', fields: [], note: 'holds data and stays' }]
    }),
  ]
}

function changeOf(
  { kind, name, declaration }: DeclaredObject,
  previous: DeclaredObject | undefined,
  stands: Readonly<Record<string, unknown>> | undefined,
): PlanChange {
  const object = keyOf({ kind, name })
  if (!stands)
    return {
      object,
      kind: 'create',
      fields: [],
      ...(previous ? { note: 'was deleted by hand' } : {}),
    }
  const before = { ...(previous?.declaration ?? declaration) } as Record<string, unknown>
  // What was never declared is not the project's: it may stand as anybody has set it.
  for (const [name, value] of Object.entries(stands))
    if (name in declaration || name in before) before[name] = value
  const fields = diffValues('', before, declaration)
  if (!previous)
    return { object, kind: 'change', fields, note: 'exists already, and is taken over' }
  if (fields.length === 0) return { object, kind: 'keep', fields }
  const isDeclaredAsBefore = diffValues('', previous.declaration, declaration).length === 0
  if (!isDeclaredAsBefore) return { object, kind: 'change', fields }
  return { object, kind: 'drifted', fields, note: 'changed by hand since it was applied' }
}

/** How plans and events name an object. */
export const keyOf = ({ kind, name }: Pick<DeclaredObject, 'kind' | 'name'>): string =>
  `${kind}:${name}`

type Fields = PlanChange['fields']

function diffValues(path: string, before: unknown, after: unknown): Fields {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return []
  if (isPlainObject(before) && isPlainObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) =>
      diffValues(path === '' ? name : `${path}.${name}`, before[name], after[name]),
    )
  }
  return [
    {
      path,
      before: (before ?? null) as Fields[number]['before'],
      after: (after ?? null) as Fields[number]['after'],
    },
  ]
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
