import { durationMs, type Feature, KaizenError, type ServiceView } from '@kaizen/contracts'
import { digestOf } from '../kernel/index.ts'
import { isAggregated, reachUsOf, wrongAggregate } from './aggregates.ts'
import type { EntityDeclaration, FeatureViewDeclaration, JoinKey, ResolvedView } from './model.ts'

/** `view@v2:feature` in its parts. @throws INVALID_REQUEST */
export function parseReference(reference: string): {
  readonly view: string
  readonly feature: string
} {
  const at = reference.indexOf(':')
  const view = reference.slice(0, at)
  const feature = reference.slice(at + 1)
  if (at > 0 && feature !== '') return { view, feature }
  throw new KaizenError('INVALID_REQUEST', `"${reference.slice(0, 100)}" names no feature`, {
    hint: 'Write VIEW:FEATURE.',
  })
}

/** `view@v2` in its parts. */
export function parseViewReference(text: string): {
  readonly name: string
  readonly version: number | undefined
} {
  const match = /^(.+)@v(\d+)$/.exec(text)
  return match ? { name: match[1]!, version: Number(match[2]) } : { name: text, version: undefined }
}

/** References in the form of a service: each view once, in order of its first mention. */
export function viewsOf(references: readonly string[]): readonly ServiceView[] {
  const views = new Map<string, string[]>()
  for (const reference of references) {
    const { view, feature } = parseReference(reference)
    const features = views.get(view) ?? []
    features.push(feature)
    views.set(view, features)
  }
  return [...views].map(([view, features]) => ({ view, features }))
}

/** Join keys of a view, those of its entities in their order. @throws INVALID_REQUEST where two share a name */
export function joinKeysOf(
  view: Pick<FeatureViewDeclaration, 'name' | 'entities'>,
  entities: readonly EntityDeclaration[],
): readonly JoinKey[] {
  const keys = entities.flatMap(({ joinKeys }) => joinKeys)
  const twice = firstTwice(keys.map(({ name }) => name))
  if (twice === undefined) return keys
  throw new KaizenError(
    'INVALID_REQUEST',
    `two entities of the feature view "${view.name}" have the join key "${twice}"`,
  )
}

/** @throws INVALID_REQUEST */
export function checkView(view: FeatureViewDeclaration, joinKeys: readonly JoinKey[]): void {
  const names = [...joinKeys, ...view.features].map(({ name }) => name)
  const twice = firstTwice(names)
  if (twice !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `feature view "${view.name}": "${twice}" names two of its join keys and features`,
      { hint: 'Rename the feature; `column` says which column holds it.' },
    )
  }
  const wrong = wrongAggregate(view)
  if (wrong !== undefined)
    throw new KaizenError('INVALID_REQUEST', `feature view "${view.name}": ${wrong}`)
}

/** What the values of a view depend on: versions with the same digest share their rows in the online store. */
export const valuesDigest = ({
  definition: { source, features },
  joinKeys,
}: Pick<ResolvedView, 'definition' | 'joinKeys'>): string =>
  digestOf({
    source,
    joinKeys,
    features: features.map(({ name, type, column, aggregate }) => ({
      name,
      type,
      column: column ?? name,
      ...(aggregate && { aggregate }),
    })),
  })

const dayUs = 86_400_000_000

/** How long after its event time a row may still be asked for; one that is too old is told as such for a while. */
export function keepUsOf(view: FeatureViewDeclaration): number | null {
  if (isAggregated(view)) return reachUsOf(view)
  if (view.ttl === null) return null
  const ttlUs = durationMs(view.ttl) * 1000
  return ttlUs + Math.max(ttlUs, dayUs)
}

export const columnOfFeature = ({ name, column }: Feature): string => column ?? name

export const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : `${names.slice(0, 50).join(', ')}${names.length > 50 ? ', …' : ''}`

/** The first name that stands a second time. */
export function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}
