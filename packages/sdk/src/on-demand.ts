import { getCallSites } from 'node:util'
import type { OnDemandInput } from '@kaizen/contracts'
import type { FeatureView } from './features.ts'

/** What values of each type are to a function; times are cut to milliseconds, days are `YYYY-MM-DD`. */
interface FeatureValues {
  boolean: boolean
  integer: number
  number: number
  string: string
  date: string
  timestamp: Date
}
export type OnDemandType = keyof FeatureValues
export type OnDemandValue = FeatureValues[OnDemandType] | null

/** A feature of a view as an input of a function. */
export interface LookedUp<T extends OnDemandType = OnDemandType> {
  readonly view: FeatureView
  readonly feature: string
  readonly type: T
  /** Which column of the request is which join key: `{ customer_id: 'buyer' }`. */
  readonly keys?: Readonly<Record<string, string>>
}

/** A feature of a view for a function: its newest value at request time, the one of each row's time in training. */
export const lookedUp = <const Names extends string, const T extends OnDemandType>(
  view: FeatureView<Names>,
  feature: NoInfer<Names>,
  options: { readonly type: T; readonly keys?: Readonly<Record<string, string>> },
): LookedUp<T> => ({ view: view as unknown as FeatureView, feature, ...options })

export type OnDemandInputs = Readonly<Record<string, OnDemandType | LookedUp>>
export type OnDemandOutputs = Readonly<
  Record<string, OnDemandType | { readonly type: OnDemandType; readonly description?: string }>
>

type TypeOf<T> = T extends OnDemandType
  ? T
  : T extends { readonly type: infer Own extends OnDemandType }
    ? Own
    : never
/** A row as a function is given it; what is missing, unknown or older than its view's `ttl` is null. */
export type OnDemandRow<In extends OnDemandInputs> = {
  readonly [Name in keyof In]: FeatureValues[TypeOf<In[Name]>] | null
}
export type OnDemandAnswer<Out extends OnDemandOutputs> = {
  readonly [Name in keyof Out]: FeatureValues[TypeOf<Out[Name]>] | null
}

export interface OnDemandContext {
  /** For which time features are wanted: now at request time, the row's own time in training. */
  readonly at: Date
}

export interface OnDemandViewOptions<In extends OnDemandInputs, Out extends OnDemandOutputs> {
  readonly description?: string
  readonly owner?: string
  readonly tags?: Readonly<Record<string, string>>
  /** A type is a value of the request, or of the column of that name in training; others are looked up. */
  readonly inputs: In
  readonly features: Out
  /** A request whose rows take longer fails, and the process is replaced; `1s` unless told. */
  readonly timeout?: string
  /**
   * Computes the features of one row in a process of its own. The same row and time have to give the same features: ask the
   * context for the time, never the clock. What it throws refuses the row.
   */
  readonly run: (
    row: OnDemandRow<In>,
    context: OnDemandContext,
  ) => OnDemandAnswer<Out> | Promise<OnDemandAnswer<Out>>
}

export interface OnDemandView {
  readonly kind: 'on-demand-view'
  readonly name: string
  /** Views that it looks features up in. */
  readonly views: readonly FeatureView[]
  /** File URL of the module that declares it. */
  readonly module: string
  readonly run: (row: Readonly<Record<string, OnDemandValue>>, context: OnDemandContext) => unknown
  readonly declaration: {
    readonly name: string
    readonly description: string
    readonly owner: string
    readonly tags: Record<string, string>
    readonly inputs: OnDemandInput[]
    readonly features: { name: string; type: OnDemandType; description?: string }[]
    readonly timeout?: string
  }
}

/**
 * Declares features that a function computes when they are asked for, the same at request time and in training. Export it
 * from its module under any name: the process that runs it finds it there.
 */
export function onDemandView<const In extends OnDemandInputs, const Out extends OnDemandOutputs>(
  name: string,
  options: OnDemandViewOptions<In, Out>,
): OnDemandView {
  const { description = '', owner = '', tags = {}, inputs, features, timeout, run } = options
  const looked = Object.values<OnDemandType | LookedUp>(inputs).filter(
    (input): input is LookedUp => typeof input !== 'string',
  )
  return {
    kind: 'on-demand-view',
    name,
    views: [...new Set(looked.map(({ view }) => view))],
    module: getCallSites(2)[1]?.scriptName ?? '',
    run: run as OnDemandView['run'],
    declaration: {
      name,
      description,
      owner,
      tags: { ...tags },
      inputs: Object.entries(inputs).map(([input, given]) => inputOf(input, given)),
      features: Object.entries(features).map(([feature, given]) => ({
        name: feature,
        ...(typeof given === 'string' ? { type: given } : given),
      })),
      ...(timeout === undefined ? {} : { timeout }),
    },
  }
}

const inputOf = (name: string, given: OnDemandType | LookedUp): OnDemandInput =>
  typeof given === 'string'
    ? { from: 'request', name, type: given }
    : {
        from: 'view',
        name,
        type: given.type,
        view: given.view.name,
        feature: given.feature,
        ...(given.keys === undefined ? {} : { keys: { ...given.keys } }),
      }

export const isOnDemandView = (value: unknown): value is OnDemandView =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'on-demand-view'
