import type {
  EntityDeclaration,
  FeatureServiceDeclaration,
  FeatureStatus,
  FeatureViewDeclaration,
  JoinKey,
  JsonValue,
  OnlineState,
} from '@kaizen/contracts'

export type {
  EntityDeclaration,
  EntityView,
  Feature,
  FeatureServiceDeclaration,
  FeatureServiceView,
  FeatureStatus,
  FeatureView,
  FeatureViewDeclaration,
  JoinedView,
  JoinKey,
  Materialization,
  OnlineState,
  PushAnswer,
} from '@kaizen/contracts'

/** Kinds of definitions, with what each defines. */
export interface Definitions {
  readonly entity: EntityDeclaration
  readonly view: FeatureViewDeclaration
  readonly service: FeatureServiceDeclaration
}
export type DefinitionKind = keyof Definitions

/** One version of a definition; it never changes. */
export interface DefinitionRecord<K extends DefinitionKind = DefinitionKind> {
  readonly kind: K
  readonly name: string
  readonly version: number
  readonly project: string | null
  /** Of the definition. */
  readonly digest: string
  readonly definition: Definitions[K]
  readonly createdAt: number
  readonly createdBy: string
}

/** A version of a view with what its entities are joined by: all that point-in-time joins and look-ups need. */
export interface ResolvedView {
  readonly name: string
  readonly version: number
  readonly definition: FeatureViewDeclaration
  readonly joinKeys: readonly JoinKey[]
}

/** A view as a part of what is asked for: under which name, by which columns, which features. */
export interface SelectedView {
  readonly view: ResolvedView
  /** Its name, or the one it goes by in a service. */
  readonly alias: string
  /** The column of the request that holds each join key, in the order of `view.joinKeys`. */
  readonly columns: readonly string[]
  /** Places of the features that are asked for, in `view.definition.features`. */
  readonly features: readonly number[]
}

/** What is asked for: views, and the features in the order in which they are answered. */
export interface Selection {
  readonly views: readonly SelectedView[]
  readonly outputs: readonly Output[]
}
export interface Output {
  /** Of `views`. */
  readonly view: number
  /** Of `view.definition.features`. */
  readonly feature: number
  readonly name: string
  /** `view__feature`. */
  readonly fullName: string
}

/** Features by reference, or all of a service. */
export interface Asked {
  readonly features?: readonly string[] | undefined
  readonly service?: string | undefined
}

/** The rows of a view in the online store: those of all its versions that hold the same values. */
export interface OnlineSet {
  readonly no: number
  readonly view: string
  readonly digest: string
  readonly state: OnlineSetState
}
export interface OnlineSetState extends OnlineState {
  /** Digests of the pieces of the dataset that have been brought in. */
  readonly pieces: readonly string[]
}

export const emptyOnlineState: OnlineSetState = {
  datasetVersion: null,
  materializedTo: null,
  newestEvent: null,
  writtenAt: null,
  pieces: [],
}

/** The newest values of one entity, written and read as a whole. Times are microseconds since 1970. */
export interface OnlineRow {
  /** Join keys as `keyText` writes them. */
  readonly key: string
  readonly eventUs: number
  readonly createdUs: number | null
  /** By the order of the view's features; as they travel: NaN, infinities and integers beyond 2^53 are text. */
  readonly cells: readonly JsonValue[]
}

/** One value as it was found. */
export interface Found {
  readonly value: JsonValue
  readonly status: FeatureStatus
  readonly eventUs: number
}

/** A materialization as it is kept; `base` is what had been brought in when it was asked for. */
export interface MaterializationRecord {
  readonly id: string
  readonly view: string
  readonly viewVersion: number
  readonly setNo: number
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed'
  readonly kind: 'incremental' | 'window'
  readonly from: number | null
  readonly to: number
  readonly dataset: string
  readonly datasetVersion: number
  readonly base: Pick<OnlineSetState, 'pieces' | 'materializedTo'>
  readonly rows: number
  readonly written: number
  readonly error: string | null
  readonly createdAt: number
  readonly createdBy: string
  readonly endedAt: number | null
}
