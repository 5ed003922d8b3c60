import { MlError } from '../ml-error.ts'
import { CategoricalProfile } from './categorical-profile.ts'
import { NumericProfile } from './numeric-profile.ts'
import type { ColumnProfileJson } from './profile-column.ts'

type Cell = string | number | boolean | null | undefined

/** The serialised profile of rows: plain JSON, of a stated version. */
export interface RowProfileJson {
  readonly kind: 'rows'
  readonly version: 1
  readonly rows: number
  readonly columns: readonly NamedProfileJson[]
  /** Of what a model answered for the rows. */
  readonly prediction: ColumnProfileJson | null
}

export interface NamedProfileJson {
  readonly name: string
  /** Present values that are not of the column's type. */
  readonly mistyped: number
  readonly profile: ColumnProfileJson
}

export interface ProfiledRow {
  readonly inputs: Readonly<Record<string, Cell>>
  /** What the model answered. */
  readonly prediction?: Cell
}

/** A column of a row profile. */
export interface ProfiledColumn {
  mistyped: number
  profile: NumericProfile | CategoricalProfile
}

/**
 * A mergeable profile of rows: of each column what `profileColumn` keeps, in constant memory. A column is numeric where its
 * first present value is a number; what is of another type later is counted as mistyped. Rows that lack a column miss it.
 * Another version of the serialised form is refused.
 */
export class RowProfile {
  #rows = 0
  readonly #columns = new Map<string, ProfiledColumn>()
  #prediction: ProfiledColumn | null = null

  get rows(): number {
    return this.#rows
  }

  get columns(): ReadonlyMap<string, ProfiledColumn> {
    return this.#columns
  }

  get prediction(): ProfiledColumn | null {
    return this.#prediction
  }

  add(rows: readonly ProfiledRow[]): void {
    const names = new Set(rows.flatMap(({ inputs }) => Object.keys(inputs)))
    for (const name of names) {
      this.addColumn(
        name,
        rows.map(({ inputs }) => (Object.hasOwn(inputs, name) ? inputs[name] : null)),
      )
    }
    this.addPrediction(rows.map(({ prediction }) => prediction))
    this.#rows += rows.length
  }

  /** Counts rows whose columns are added by themselves. */
  addRows(rows: number): void {
    this.#rows += rows
  }

  addColumn(name: string, values: Float64Array | readonly Cell[]): void {
    const column = added(this.#columns.get(name), values)
    if (column) this.#columns.set(name, column)
  }

  addPrediction(values: Float64Array | readonly Cell[]): void {
    this.#prediction = added(this.#prediction ?? undefined, values) ?? null
  }

  /** Takes in another profile; the other is left alone. A column of another type there counts as mistyped. */
  merge(other: RowProfile): void {
    this.#rows += other.#rows
    for (const [name, column] of other.#columns)
      this.#columns.set(name, merged(this.#columns.get(name), column))
    if (other.#prediction)
      this.#prediction = merged(this.#prediction ?? undefined, other.#prediction)
  }

  toJson(): RowProfileJson {
    return {
      kind: 'rows',
      version: 1,
      rows: this.#rows,
      columns: [...this.#columns]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { mistyped, profile }]) => ({ name, mistyped, profile: profile.toJson() })),
      prediction: this.#prediction?.profile.toJson() ?? null,
    }
  }

  /** @throws MlError when the form is of another version or damaged. */
  static fromJson(json: RowProfileJson): RowProfile {
    if (json.kind !== 'rows' || json.version !== 1) {
      throw new MlError(
        'invalid_input',
        'this is no profile of rows of version 1',
        'profile the rows again with this version',
      )
    }
    const made = new RowProfile()
    made.#rows = json.rows
    for (const { name, mistyped, profile } of json.columns)
      made.#columns.set(name, { mistyped, profile: columnFrom(profile) })
    if (json.prediction) made.#prediction = { mistyped: 0, profile: columnFrom(json.prediction) }
    return made
  }
}

const columnFrom = (json: ColumnProfileJson): NumericProfile | CategoricalProfile =>
  json.kind === 'numeric' ? NumericProfile.fromJson(json) : CategoricalProfile.fromJson(json)

/** Present values of a profile. */
const presentIn = (profile: NumericProfile | CategoricalProfile): number =>
  profile instanceof NumericProfile ? profile.moments.count : profile.items.count

function merged(known: ProfiledColumn | undefined, { mistyped, profile }: ProfiledColumn) {
  const made = known ?? {
    mistyped: 0,
    profile: profile instanceof NumericProfile ? new NumericProfile() : new CategoricalProfile(),
  }
  made.mistyped += mistyped
  if (made.profile instanceof NumericProfile && profile instanceof NumericProfile)
    made.profile.merge(profile)
  else if (made.profile instanceof CategoricalProfile && profile instanceof CategoricalProfile)
    made.profile.merge(profile)
  else made.mistyped += presentIn(profile)
  return made
}

const isPresent = (value: Cell): boolean =>
  value !== null && value !== undefined && value !== '' && !Number.isNaN(value)

/** A column with values taken in; undefined while it has none. */
function added(
  known: ProfiledColumn | undefined,
  values: Float64Array | readonly Cell[],
): ProfiledColumn | undefined {
  const first = known ? undefined : values.find(isPresent)
  if (!known && first === undefined) return undefined
  const column = known ?? {
    mistyped: 0,
    profile: typeof first === 'number' ? new NumericProfile() : new CategoricalProfile(),
  }
  const { profile } = column
  if (profile instanceof CategoricalProfile) {
    profile.add(Array.from(values, (value) => (isPresent(value) ? String(value) : null)))
    return column
  }
  if (values instanceof Float64Array) {
    profile.add(values)
    return column
  }
  const numbers: number[] = []
  for (const value of values) {
    if (typeof value === 'number') numbers.push(value)
    else if (isPresent(value)) column.mistyped++
  }
  profile.add(numbers)
  return column
}
