import { z } from 'zod'
import { columnTypes, eventTimeSpec } from './data.ts'
import { digest, duration, objectName } from './shared.ts'

/** Name of a column, join key or feature. `:` and `@` part the pieces of a reference. */
export const featureName = z
  .string()
  .regex(
    /^[^\s:@,"][^:@,"\n\r]{0,127}$/,
    'use 1 to 128 characters without ":", "@", "," or quotation marks',
  )
const columnName = z.string().min(1).max(250)

const described = {
  description: z.string().max(10_000).default(''),
  /** Who answers for it: a person, a team, an address. */
  owner: z.string().max(250).default(''),
  tags: z.record(z.string().min(1).max(250), z.string().max(1000)).default({}),
}

/** Keys are compared exactly: a number never equals a text of the same digits. */
export const joinKeyTypes = ['string', 'integer'] as const
export const joinKey = z.strictObject({ name: featureName, type: z.enum(joinKeyTypes) })
export type JoinKey = z.output<typeof joinKey>

/** What features are about: a customer, a station, a pair of both. */
export const entityDeclaration = z.strictObject({
  name: objectName,
  ...described,
  joinKeys: z.array(joinKey).min(1).max(8),
})
export type EntityDeclaration = z.output<typeof entityDeclaration>
export type EntityDeclarationInput = z.input<typeof entityDeclaration>

export const aggregateFunctions = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'last',
  'distinct',
] as const
/** A value over the rows of an entity in a window that ends at the time for which it is wanted. */
export const aggregate = z.strictObject({
  function: z.enum(aggregateFunctions),
  /** From a minute to two years; it begins at the step in which it began, see the guide. */
  window: duration,
})
export type Aggregate = z.output<typeof aggregate>

export const feature = z.strictObject({
  name: featureName,
  type: z.enum(columnTypes),
  /** The column that holds it; of its own name unless told. */
  column: columnName.optional(),
  description: z.string().max(10_000).optional(),
  /** In a view of aggregates, as all its features are; the column is what is aggregated, rows where `count` has none. */
  aggregate: aggregate.optional(),
})
export type Feature = z.output<typeof feature>

/** Features of the same entities from the same rows, each row true from its event time on. */
export const featureViewDeclaration = z.strictObject({
  name: objectName,
  ...described,
  /** None: one value for everything. */
  entities: z.array(objectName).max(8).default([]),
  source: z.strictObject({
    dataset: objectName,
    /** When a row happened. */
    eventTime: eventTimeSpec,
    /** When a row became known: decides between rows of one event time, and what was available when. */
    created: columnName.nullable().default(null),
  }),
  features: z.array(feature).min(1).max(5000),
  /** Values older than this are as good as none; null: they never age. */
  ttl: duration.nullable().default(null),
  /** New rows of the dataset are brought into the online store this often; null: only when it is asked for. */
  refresh: duration.nullable().default(null),
})
export type FeatureViewDeclaration = z.output<typeof featureViewDeclaration>
export type FeatureViewDeclarationInput = z.input<typeof featureViewDeclaration>

/** `view`, or `view@v2` for an older definition. */
export const viewReference = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,127}(?:@v[1-9]\d{0,8})?$/, 'expected VIEW or VIEW@vN')

/** What an on-demand view computes from: a value of the request, or a feature of a view by the same entities. */
export const onDemandInput = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('request'), name: featureName, type: z.enum(columnTypes) }),
  z.strictObject({
    from: z.literal('view'),
    name: featureName,
    type: z.enum(columnTypes),
    view: viewReference,
    feature: featureName,
    /** Which column of the request is which join key, where they differ. */
    keys: z.record(featureName, featureName).optional(),
  }),
])
export type OnDemandInput = z.output<typeof onDemandInput>

/** Features that a function of the project computes when they are asked for. */
export const onDemandViewDeclaration = z.strictObject({
  name: objectName,
  ...described,
  /** What the function is given of each row, by name. */
  inputs: z.array(onDemandInput).min(1).max(500),
  features: z
    .array(feature.omit({ column: true, aggregate: true }))
    .min(1)
    .max(1000),
  /** A file of the project, and what it exports. */
  module: z.string().min(1).max(1024),
  export: z.string().min(1).max(250),
  codeDigest: digest,
  /** A request whose rows take longer fails, and the process is replaced. */
  timeout: duration.default('1s'),
})
export type OnDemandViewDeclaration = z.output<typeof onDemandViewDeclaration>
export type OnDemandViewDeclarationInput = z.input<typeof onDemandViewDeclaration>

/** A view as part of a set of features. */
export const serviceView = z.strictObject({
  view: viewReference,
  /** The name it goes by here, so that a view can stand twice. */
  as: objectName.optional(),
  /** Which column of the request is which join key, where they differ: `{ "customer": "buyer" }`. */
  keys: z.record(featureName, featureName).optional(),
  /** All features of the view unless told. */
  features: z.array(featureName).min(1).max(5000).optional(),
})
export type ServiceView = z.output<typeof serviceView>

/** A named set of features, as a model takes them. */
export const featureServiceDeclaration = z.strictObject({
  name: objectName,
  ...described,
  views: z.array(serviceView).min(1).max(200),
})
export type FeatureServiceDeclaration = z.output<typeof featureServiceDeclaration>
export type FeatureServiceDeclarationInput = z.input<typeof featureServiceDeclaration>

/** `view:feature` or `view@v2:feature`. */
export const featureReference = z
  .string()
  .max(400)
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,127}(?:@v[1-9]\d{0,8})?:[^:@,"\n\r]{1,128}$/,
    'expected VIEW:FEATURE or VIEW@vN:FEATURE',
  )
