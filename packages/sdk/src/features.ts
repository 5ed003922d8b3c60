import type { EntityDeclaration, FeatureViewDeclaration } from '@kaizen/contracts'
import type { Dataset } from './dataset.ts'

/** What a definition may say beside what it defines. */
export interface Described {
  readonly description?: string
  /** Who answers for it: a person, a team, an address. */
  readonly owner?: string
  readonly tags?: Readonly<Record<string, string>>
}

export interface EntityOptions extends Described {
  /** The columns that tell one from another, with their types: `{ customer_id: 'integer' }`. */
  readonly keys: Readonly<Record<string, 'string' | 'integer'>>
}

export interface Entity {
  readonly kind: 'entity'
  readonly name: string
  readonly declaration: EntityDeclaration
}

/** Declares an entity: what features are about. */
export const entity = (name: string, { keys, ...described }: EntityOptions): Entity => ({
  kind: 'entity',
  name,
  declaration: {
    ...describedBy(name, described),
    joinKeys: Object.entries(keys).map(([key, type]) => ({ name: key, type })),
  },
})

type FeatureType = FeatureViewDeclaration['features'][number]['type']
type AggregateFunction = NonNullable<
  FeatureViewDeclaration['features'][number]['aggregate']
>['function']
/** A value over the rows of a window: `{ aggregate: 'sum', column: 'amount', window: '7d', type: 'number' }`. */
export interface AggregateOptions {
  readonly aggregate: AggregateFunction
  /** From a minute to two years, up to the time for which the value is wanted. */
  readonly window: string
  /** What is aggregated; `count` counts rows where there is none. */
  readonly column?: string
  /** `integer` for counts, `number` for means, and unless told for the others. */
  readonly type?: FeatureType
  readonly description?: string
}
/** A type, or a type with the column that holds the feature where it has another name. */
export type FeatureOptions =
  | FeatureType
  | { readonly type: FeatureType; readonly column?: string; readonly description?: string }
  | AggregateOptions

export interface FeatureViewOptions<Names extends string = string> extends Described {
  /** Whom the features are about; without any they are one value for everything. */
  readonly entities?: readonly Entity[]
  readonly source: Dataset
  /** The column that says when a row happened; that of the dataset unless told. */
  readonly eventTime?: string
  /** The column that says when a row became known. */
  readonly created?: string
  readonly features: { readonly [Name in Names]: FeatureOptions }
  /** Values older than this are as good as none, such as `30d`; they never age unless told. */
  readonly ttl?: string
  /** New rows of the dataset are brought into the online store this often, such as `1h`. */
  readonly refresh?: string
}

export interface FeatureView<Names extends string = string> {
  readonly kind: 'feature-view'
  readonly name: string
  readonly source: Dataset
  readonly entities: readonly Entity[]
  readonly declaration: Omit<FeatureViewDeclaration, 'features'> & {
    readonly features: readonly (FeatureViewDeclaration['features'][number] & {
      readonly name: Names
    })[]
  }
}

/** Declares a feature view: features of the same entities, from the rows of one dataset. */
export function featureView<const Names extends string>(
  name: string,
  options: FeatureViewOptions<Names>,
): FeatureView<Names> {
  const { source, entities = [], created, features, ttl = null, refresh = null } = options
  const eventTime =
    options.eventTime === undefined ? source.declaration.eventTime : { column: options.eventTime }
  return {
    kind: 'feature-view',
    name,
    source,
    entities,
    declaration: {
      ...describedBy(name, options),
      entities: entities.map((one) => one.name),
      source: {
        dataset: source.name,
        // Without one the manifest is refused where it is checked, by the name of the field.
        eventTime: eventTime ?? { column: '' },
        created: created ?? null,
      },
      features: Object.entries<FeatureOptions>(features).map(([feature, given]) => ({
        name: feature as Names,
        ...featureOf(given),
      })),
      ttl,
      refresh,
    },
  }
}

function featureOf(given: FeatureOptions) {
  if (typeof given === 'string') return { type: given }
  if (!('aggregate' in given)) return given
  const { aggregate, window, ...rest } = given
  const counts = aggregate === 'count' || aggregate === 'distinct'
  const type: FeatureType = counts ? 'integer' : 'number'
  return { type, ...rest, aggregate: { function: aggregate, window } }
}

export const describedBy = (
  name: string,
  { description = '', owner = '', tags = {} }: Described,
) => ({
  name,
  description,
  owner,
  tags: { ...tags },
})
