import type {
  EntityDeclaration,
  Feature,
  FeatureServiceDeclaration,
  FeatureStatus,
  FeatureViewDeclaration,
  JoinKey,
  JsonValue,
  Manifest,
  OnDemandViewDeclaration,
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
  OnDemandView,
  OnDemandViewDeclaration,
  OnlineState,
  PushAnswer,
} from '@kaizen/contracts'

/** Kinds of definitions, with what each defines. */
export interface Definitions {
  readonly entity: EntityDeclaration
  readonly view: FeatureViewDeclaration
  readonly 'on-demand': OnDemandViewDeclaration
  readonly service: FeatureServiceDeclaration
}
export type DefinitionKind = keyof Definitions

/** The files of a project, for definitions that are code. */
export interface CodeBundle {
  readonly digest: string
  readonly files: Manifest['bundle']
}

/** One version of a definition; it never changes. */
export interface DefinitionRecord<K extends DefinitionKind = DefinitionKind> {
  readonly kind: K
  readonly name: string
  readonly version: number
  readonly project: string | null
  /** Of the definition. */
  readonly digest: string
  readonly definition: Definitions[K]
  /** Where its code is found; null for all but on-demand views. */
  readonly bundle: CodeBundle | null
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

/** A version of an on-demand view with the views that it looks features up in, by reference. */
export interface ResolvedOnDemand {
  readonly name: string
  readonly version: number
  readonly definition: OnDemandViewDeclaration
  readonly bundle: CodeBundle
  readonly views: ReadonlyMap<string, ResolvedView>
}

/** An on-demand view as a part of what is asked for. */
export interface ComputedView {
  readonly view: ResolvedOnDemand
  readonly alias: string
  /** Where each input comes from: one of `reads`, or a column of the request. */
  readonly inputs: readonly ({ readonly read: number } | { readonly request: ValueColumn })[]
}

/** What is asked for: views, what is read of them and computed, and the features in the order in which they are answered. */
export interface Selection {
  readonly views: readonly SelectedView[]
  readonly reads: readonly Read[]
  readonly computed: readonly ComputedView[]
  readonly outputs: readonly Output[]
}
/** A value of a view. */
export interface Read {
  /** Of `views`. */
  readonly view: number
  /** Of `view.definition.features`. */
  readonly feature: number
}
export interface ValueColumn {
  readonly name: string
  readonly type: Feature['type']
}
export interface Output extends ValueColumn {
  readonly from:
    | { readonly read: number }
    /** Of `computed`, and of the features of its definition. */
    | { readonly computed: number; readonly feature: number }
  /** The name that its view goes by. */
  readonly alias: string
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
