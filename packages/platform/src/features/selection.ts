import { KaizenError, type ServiceView } from '@kaizen/contracts'
import type {
  ComputedView,
  JoinKey,
  Output,
  Read,
  ResolvedOnDemand,
  ResolvedView,
  SelectedView,
  Selection,
  ValueColumn,
} from './model.ts'
import { firstTwice, listed } from './rules.ts'

export const isOnDemand = (view: ResolvedView | ResolvedOnDemand): view is ResolvedOnDemand =>
  'bundle' in view

/**
 * Views and features as they are asked for, checked: each feature exists and stands once.
 * @throws NOT_FOUND, INVALID_REQUEST
 */
export function select(
  asked: readonly ServiceView[],
  views: ReadonlyMap<string, ResolvedView | ResolvedOnDemand>,
): Selection {
  const draft = new SelectionDraft()
  for (const one of asked) {
    const view = views.get(one.view)!
    if (isOnDemand(view)) draft.compute(one, view)
    else draft.look(one, view)
  }
  const selection = draft.finished()
  const twice = firstTwice(selection.outputs.map(({ fullName }) => fullName))
  if (twice !== undefined) {
    throw new KaizenError('INVALID_REQUEST', `the feature ${twice} is asked for twice`, {
      hint: 'Give a view that stands twice another name with `as`.',
    })
  }
  checkSharedColumns(selection)
  return selection
}

interface ViewDraft {
  readonly view: ResolvedView
  readonly alias: string
  readonly columns: readonly string[]
  readonly features: Set<number>
}

/** A selection as it grows: what several ask for is read once. */
class SelectionDraft {
  readonly #views: ViewDraft[] = []
  readonly #reads: Read[] = []
  readonly #computed: ComputedView[] = []
  readonly #outputs: Output[] = []

  look(asked: ServiceView, view: ResolvedView): void {
    const alias = asked.as ?? asked.view
    const at = this.#views.length
    this.#views.push({ view, alias, columns: columnsOf(view, asked.keys), features: new Set() })
    const { features } = view.definition
    const places = asked.features?.map((name) => placeOf(view, name)) ?? features.map((_, i) => i)
    for (const place of places) {
      const { name, type } = features[place]!
      const from = { read: this.#read(at, place) }
      this.#outputs.push({ from, name, type, alias, fullName: `${alias}__${name}` })
    }
  }

  compute(asked: ServiceView, view: ResolvedOnDemand): void {
    const alias = asked.as ?? asked.view
    if (asked.keys) {
      throw new KaizenError(
        'INVALID_REQUEST',
        `the on-demand view "${view.name}" has no join keys of its own`,
        { hint: 'Say with its inputs which columns are keys.' },
      )
    }
    const inputs = view.definition.inputs.map((input): ComputedView['inputs'][number] => {
      if (input.from === 'request') return { request: { name: input.name, type: input.type } }
      const source = view.views.get(input.view)!
      return { read: this.#read(this.#source(source, input), placeOf(source, input.feature)) }
    })
    const computed = this.#computed.push({ view, alias, inputs }) - 1
    const { features } = view.definition
    const places = asked.features?.map((name) => placeOf(view, name)) ?? features.map((_, i) => i)
    for (const feature of places) {
      const { name, type } = features[feature]!
      const from = { computed, feature }
      this.#outputs.push({ from, name, type, alias, fullName: `${alias}__${name}` })
    }
  }

  finished(): Selection {
    const views = this.#views.map(
      ({ features, ...view }): SelectedView => ({ ...view, features: [...features] }),
    )
    return { views, reads: this.#reads, computed: this.#computed, outputs: this.#outputs }
  }

  /** A view by the same columns is joined once, whoever asks for it. */
  #source(view: ResolvedView, { view: alias, keys }: Pick<ServiceView, 'view' | 'keys'>): number {
    const columns = columnsOf(view, keys)
    const known = this.#views.findIndex(
      (one) =>
        one.view.name === view.name &&
        one.view.version === view.version &&
        one.columns.join('\n') === columns.join('\n'),
    )
    if (known >= 0) return known
    return this.#views.push({ view, alias, columns, features: new Set() }) - 1
  }

  #read(view: number, feature: number): number {
    this.#views[view]!.features.add(feature)
    const known = this.#reads.findIndex((one) => one.view === view && one.feature === feature)
    return known >= 0 ? known : this.#reads.push({ view, feature }) - 1
  }
}

/** The order of references is the order of the answer, also where the features of a view do not stand together. */
export function inOrderOf(selection: Selection, references: readonly string[]): Selection {
  const place = new Map(references.map((reference, index) => [reference, index]))
  const placeOf = ({ alias, name }: Output): number => place.get(`${alias}:${name}`) ?? 0
  return {
    ...selection,
    outputs: selection.outputs.toSorted((left, right) => placeOf(left) - placeOf(right)),
  }
}

function columnsOf(view: ResolvedView, keys: ServiceView['keys']): readonly string[] {
  const unknownKey = Object.keys(keys ?? {}).find(
    (key) => !view.joinKeys.some(({ name }) => name === key),
  )
  if (unknownKey === undefined) return view.joinKeys.map(({ name }) => keys?.[name] ?? name)
  throw new KaizenError(
    'INVALID_REQUEST',
    `the feature view "${view.name}" has no join key "${unknownKey}"`,
    { hint: `Its join keys are: ${listed(view.joinKeys.map(({ name }) => name))}.` },
  )
}

/** Where a feature stands in a view. @throws NOT_FOUND */
export function placeOf(view: ResolvedView | ResolvedOnDemand, feature: string): number {
  const { name, version, definition } = view
  const features: readonly { readonly name: string }[] = definition.features
  const place = features.findIndex((known) => known.name === feature)
  if (place >= 0) return place
  const what = isOnDemand(view) ? 'on-demand' : 'feature'
  throw new KaizenError(
    'NOT_FOUND',
    `version ${version} of the ${what} view "${name}" has no feature "${feature}"`,
    { hint: `Its features are: ${listed(features.map((known) => known.name))}.` },
  )
}

/** One column cannot be a number for one view and a text for another. */
function checkSharedColumns(selection: Selection): void {
  const types = new Map<string, ValueColumn['type']>()
  const check = (column: string, type: ValueColumn['type'], role: string): void => {
    if ((types.get(column) ?? type) !== type) {
      throw new KaizenError(
        'INVALID_REQUEST',
        `"${column}" is ${role} of the type ${type}, and of another type elsewhere`,
        { hint: 'Give it another column with `keys`, or the input another name.' },
      )
    }
    types.set(column, type)
  }
  for (const { view, columns } of selection.views)
    for (const [index, column] of columns.entries())
      check(column, view.joinKeys[index]!.type, `a join key in "${view.name}"`)
  for (const { view, inputs } of selection.computed)
    for (const input of inputs)
      if ('request' in input)
        check(input.request.name, input.request.type, `an input of "${view.name}"`)
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

/** Columns beside join keys that a request must give: what functions are given of it. */
export function requestColumns(selection: Selection): readonly ValueColumn[] {
  const keys = new Set(keyColumns(selection).map(({ name }) => name))
  const columns = new Map<string, ValueColumn>()
  for (const { inputs } of selection.computed)
    for (const input of inputs)
      if ('request' in input && !keys.has(input.request.name))
        columns.set(input.request.name, input.request)
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
