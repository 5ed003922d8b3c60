import { type Feature, KaizenError, type ServiceView } from '@kaizen/contracts'
import { digestOf } from '../kernel/index.ts'
import type {
  EntityDeclaration,
  FeatureViewDeclaration,
  JoinKey,
  Output,
  ResolvedView,
  SelectedView,
  Selection,
} from './model.ts'

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

/**
 * Views and features as they are asked for, checked: each feature exists and stands once.
 * @throws NOT_FOUND, INVALID_REQUEST
 */
export function select(
  asked: readonly ServiceView[],
  views: ReadonlyMap<string, ResolvedView>,
): Selection {
  const selected = asked.map((one) => selectView(one, views.get(one.view)!))
  const outputs = selected.flatMap(({ view, alias, features }, index) =>
    features.map((feature): Output => {
      const { name } = view.definition.features[feature]!
      return { view: index, feature, name, fullName: `${alias}__${name}` }
    }),
  )
  const twice = firstTwice(outputs.map(({ fullName }) => fullName))
  if (twice !== undefined) {
    throw new KaizenError('INVALID_REQUEST', `the feature ${twice} is asked for twice`, {
      hint: 'Give a view that stands twice another name with `as`.',
    })
  }
  checkSharedColumns(selected)
  return { views: selected, outputs }
}

/** The order of references is the order of the answer, also where the features of a view do not stand together. */
export function inOrderOf(selection: Selection, references: readonly string[]): Selection {
  const place = new Map(references.map((reference, index) => [reference, index]))
  const placeOf = ({ view, name }: Output): number =>
    place.get(`${selection.views[view]!.alias}:${name}`) ?? 0
  return {
    ...selection,
    outputs: selection.outputs.toSorted((left, right) => placeOf(left) - placeOf(right)),
  }
}

function selectView(asked: ServiceView, view: ResolvedView): SelectedView {
  const { features } = view.definition
  const unknownKey = Object.keys(asked.keys ?? {}).find(
    (key) => !view.joinKeys.some(({ name }) => name === key),
  )
  if (unknownKey !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `the feature view "${view.name}" has no join key "${unknownKey}"`,
      { hint: `Its join keys are: ${listed(view.joinKeys.map(({ name }) => name))}.` },
    )
  }
  const places = asked.features?.map((name) => placeOf(view, name)) ?? features.map((_, i) => i)
  return {
    view,
    alias: asked.as ?? asked.view,
    columns: view.joinKeys.map(({ name }) => asked.keys?.[name] ?? name),
    features: places,
  }
}

function placeOf({ name, version, definition }: ResolvedView, feature: string): number {
  const place = definition.features.findIndex((known) => known.name === feature)
  if (place >= 0) return place
  throw new KaizenError(
    'NOT_FOUND',
    `version ${version} of the feature view "${name}" has no feature "${feature}"`,
    { hint: `Its features are: ${listed(definition.features.map((known) => known.name))}.` },
  )
}

/** One column cannot be a number for one view and a text for another. */
function checkSharedColumns(views: readonly SelectedView[]): void {
  const types = new Map<string, JoinKey['type']>()
  for (const { view, columns } of views) {
    for (const [index, column] of columns.entries()) {
      const { type } = view.joinKeys[index]!
      if ((types.get(column) ?? type) !== type) {
        throw new KaizenError(
          'INVALID_REQUEST',
          `"${column}" is a join key of the type ${type} in "${view.name}", and of another type elsewhere`,
          { hint: 'Give it another column with `keys`.' },
        )
      }
      types.set(column, type)
    }
  }
}

/** Columns of join keys that a request must give, in the order in which views ask for them. */
export function keyColumns({ views }: Selection): readonly JoinKey[] {
  const columns = new Map<string, JoinKey>()
  for (const { view, columns: names } of views) {
    for (const [index, name] of names.entries())
      if (!columns.has(name)) columns.set(name, { ...view.joinKeys[index]!, name })
  }
  return [...columns.values()]
}

/** The names of the answer. @throws INVALID_REQUEST where two are the same */
export function outputNames(
  { outputs }: Selection,
  options: { readonly full: boolean; readonly taken?: readonly string[] },
): readonly string[] {
  const names = outputs.map(({ name, fullName }) => (options.full ? fullName : name))
  const twice = firstTwice([...(options.taken ?? []), ...names])
  if (twice === undefined) return names
  throw new KaizenError('INVALID_REQUEST', `two columns of the answer would be named "${twice}"`, {
    hint: options.full
      ? 'Rename the column of the rows.'
      : 'Ask for full feature names: VIEW__FEATURE.',
  })
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
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
  if (twice === undefined) return
  throw new KaizenError(
    'INVALID_REQUEST',
    `feature view "${view.name}": "${twice}" names two of its join keys and features`,
    { hint: 'Rename the feature; `column` says which column holds it.' },
  )
}

/** What the values of a view depend on: versions with the same digest share their rows in the online store. */
export const valuesDigest = ({
  definition: { source, features },
  joinKeys,
}: Pick<ResolvedView, 'definition' | 'joinKeys'>): string =>
  digestOf({
    source,
    joinKeys,
    features: features.map(({ name, type, column }) => ({ name, type, column: column ?? name })),
  })

export const columnOfFeature = ({ name, column }: Feature): string => column ?? name

export const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : `${names.slice(0, 50).join(', ')}${names.length > 50 ? ', …' : ''}`
