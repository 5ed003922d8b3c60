import { durationMs, type JsonValue, KaizenError } from '@kaizen/contracts'
import { aggregateAt, isAggregated, type Tile } from './aggregates.ts'
import { cellOf, invalid, keyPart, keyText } from './cells.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import type {
  Asked,
  ComputedView,
  Found,
  JoinKey,
  OnlineRow,
  SelectedView,
  Selection,
  ValueColumn,
} from './model.ts'
import { findSet } from './online-sets.store.ts'
import { listed, valuesDigest } from './rules.ts'
import { keyColumns, requestColumns } from './selection.ts'

/** What a look-up needs of the definitions, made once for many requests. */
export interface LookUp {
  readonly selection: Selection
  /** Columns that a request gives: join keys, and values that functions are given. */
  readonly keys: readonly JoinKey[]
  readonly request: readonly ValueColumn[]
  readonly views: readonly LookUpView[]
}
interface LookUpView {
  readonly selected: SelectedView
  /** Undefined where nothing was ever written. */
  readonly set: number | undefined
  readonly ttlUs: number | null
}

export type KeyColumns = ReadonlyMap<string, readonly JsonValue[]>

/** After this a definition that another server may have changed is read again, while the one known still answers. */
const freshForMs = 1000
const mostPlans = 1000

/** Reads the newest values of features by entity. */
export class OnlineReader {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions
  readonly #plans = new Map<string, { plan: Promise<LookUp>; readonly at: number }>()

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions) {
    this.#deps = deps
    this.#definitions = definitions
  }

  /** What a request for these features must give, and what it gets. @throws NOT_FOUND, INVALID_REQUEST */
  async plan(asked: Asked): Promise<LookUp> {
    const name = asked.service === undefined ? `f:${asked.features?.join()}` : `s:${asked.service}`
    const known = this.#plans.get(name)
    if (!known) return this.#load(name, asked)
    if (performance.now() - known.at > freshForMs) {
      const { plan } = known
      this.#plans.set(name, { plan, at: performance.now() })
      void this.#load(name, asked).catch(() => undefined)
    }
    return known.plan
  }

  /** Definitions have changed here: what is known of them is as good as nothing. */
  forget(): void {
    this.#plans.clear()
  }

  /** For each output of the selection the value of each row. @throws INVALID_REQUEST, and what functions fail with */
  async read(
    plan: LookUp,
    given: KeyColumns,
    nowUs: number,
  ): Promise<readonly (readonly Found[])[]> {
    const { selection, views } = plan
    const rows = rowsIn(plan, given)
    const found = await Promise.all(views.map((view) => this.#rowsOf(view, given, rows)))
    const reads = selection.reads.map(({ view, feature }) => {
      const { ttlUs, selected } = views[view]!
      const { definition } = selected.view
      if (isAggregated(definition))
        return found[view]!.map((row) => foundAggregate(row, { definition, feature, nowUs }))
      const oldest = ttlUs === null ? Number.NEGATIVE_INFINITY : nowUs - ttlUs
      return found[view]!.map((row) => foundIn(row ?? undefined, feature, oldest))
    })
    const at = Array.from({ length: rows }, () => nowUs / 1000)
    const computed = await Promise.all(
      selection.computed.map((view) => this.#computed(view, { reads, given, at })),
    )
    return selection.outputs.map(({ from }) =>
      'read' in from ? reads[from.read]! : computed[from.computed]![from.feature]!,
    )
  }

  /** What functions make of a request, never older than it. */
  async #computed(
    { view, inputs }: ComputedView,
    rows: {
      readonly reads: readonly (readonly Found[])[]
      readonly given: KeyColumns
      readonly at: readonly number[]
    },
  ): Promise<readonly (readonly Found[])[]> {
    const { reads, given, at } = rows
    const columns = inputs.map((input) => {
      if ('request' in input)
        return given.get(input.request.name)!.map((value) => cellOf(value, input.request))
      // As in training, a value that is too old is none.
      return reads[input.read]!.map(({ value, status }) => (status === 'PRESENT' ? value : null))
    })
    const computed = await this.#deps.functions.compute(view, { columns, at }, 'request')
    return computed.map((values) => values.map(foundNow))
  }

  async #rowsOf(
    { selected, set }: LookUpView,
    given: KeyColumns,
    rows: number,
  ): Promise<readonly RowFound[]> {
    const { joinKeys } = selected.view
    const columns = selected.columns.map((column) => given.get(column)!)
    const texts: string[] = []
    // Where each row's key is among `texts`; a key with a part missing is looked for nowhere.
    const places: number[] = []
    for (let row = 0; row < rows; row++) {
      const parts = columns.map((values, k) => keyPart(values[row]!, joinKeys[k]!))
      places.push(parts.includes(null) ? -1 : texts.push(keyText(parts as string[])) - 1)
    }
    if (set === undefined || texts.length === 0) return places.map(() => null)
    const read = await this.#deps.online.read(set, texts)
    return places.map((place) => (place < 0 ? null : read[place]))
  }

  #load(name: string, asked: Asked): Promise<LookUp> {
    const plan = this.#made(asked)
    if (this.#plans.size >= mostPlans) this.#plans.clear()
    this.#plans.set(name, { plan, at: performance.now() })
    // What is not there, or has never been written to, may be there the next moment.
    const drop = (): void => {
      if (this.#plans.get(name)?.plan === plan) this.#plans.delete(name)
    }
    plan.then(({ views }) => views.some(({ set }) => set === undefined) && drop(), drop)
    return plan
  }

  async #made(asked: Asked): Promise<LookUp> {
    const { reader } = this.#deps.database
    const selection = await this.#definitions.select(asked)
    const views = await Promise.all(
      selection.views.map(async (selected): Promise<LookUpView> => {
        const { ttl } = selected.view.definition
        const set = await findSet(reader, selected.view.name, valuesDigest(selected.view))
        return { selected, set: set?.no, ttlUs: ttl === null ? null : durationMs(ttl) * 1000 }
      }),
    )
    return {
      selection,
      views,
      keys: keyColumns(selection),
      request: requestColumns(selection),
    }
  }
}

/** How many rows a request asks for. @throws INVALID_REQUEST where a column is missing or shorter than another */
export function rowsIn(
  { keys, request }: Pick<LookUp, 'keys' | 'request'>,
  given: KeyColumns,
): number {
  const [first] = given.values()
  const rows = first?.length ?? 1
  const missing = [...keys, ...request].find(({ name }) => !given.has(name))
  if (missing) {
    const what = keys.some(({ name }) => name === missing.name) ? 'the join key' : 'the value'
    throw new KaizenError('INVALID_REQUEST', `${what} "${missing.name}" is missing`, {
      hint: `Give ${listed([...keys, ...request].map(({ name }) => name))}.`,
    })
  }
  for (const [name, values] of given)
    if (values.length !== rows)
      throw invalid(`"${name}"`, `it has ${values.length} values, but another column has ${rows}`)
  return rows
}

const foundNow = (value: JsonValue): Found => ({
  value,
  status: value === null ? 'NULL_VALUE' : 'PRESENT',
  eventUs: 0,
})
const notFound: Found = { value: null, status: 'NOT_FOUND', eventUs: 0 }

/** Null where nothing was looked for: a key is missing, or the view was never brought in. */
type RowFound = OnlineRow | undefined | null

/** An entity without rows has windows without rows. */
function foundAggregate(
  row: RowFound,
  of: {
    readonly definition: SelectedView['view']['definition']
    readonly feature: number
    readonly nowUs: number
  },
): Found {
  if (row === null) return notFound
  const { definition, feature, nowUs } = of
  const tiles = (row?.cells ?? []) as unknown as readonly Tile[]
  const value = aggregateAt(definition, { feature, tiles }, nowUs)
  const eventUs = row?.eventUs ?? 0
  if (value !== null) return { value, status: 'PRESENT', eventUs }
  return { value, status: row ? 'NULL_VALUE' : 'NOT_FOUND', eventUs }
}

function foundIn(row: OnlineRow | undefined, feature: number, oldestUs: number): Found {
  if (!row) return notFound
  const { eventUs } = row
  const value = row.cells[feature] ?? null
  if (eventUs < oldestUs) return { value, status: 'OUTSIDE_MAX_AGE', eventUs }
  return { value, status: value === null ? 'NULL_VALUE' : 'PRESENT', eventUs }
}
