import type { DatasetDeclaration, RowRule } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import type { Contract } from './contract.ts'
import type { Endpoint } from './endpoint.ts'

/** What the values of a column must be like; rows that break it are kept apart and never trained on. */
export type Expectation = Omit<RowRule, 'column'>

/** Numbers from `min` to `max`, both included. */
export const between = (min: number, max: number): Expectation => ({ min, max })
export const atLeast = (min: number): Expectation => ({ min })
export const atMost = (max: number): Expectation => ({ max })
export const oneOf = (...values: readonly (string | number)[]): Expectation => ({
  oneOf: [...values],
})
/** Never missing. */
export const present: Expectation = { notNull: true }

/** A file of the project, loaded when the dataset has no version yet. */
export type Source = NonNullable<DatasetDeclaration['source']>
export interface SourceWindow {
  /** First event time that is loaded, as an ISO date or time. */
  readonly from?: string
  /** First event time that is no longer loaded. */
  readonly to?: string
}
export const csv = (path: string, window: SourceWindow = {}): Source => ({
  path,
  format: 'csv',
  ...window,
})
export const parquet = (path: string, window: SourceWindow = {}): Source => ({
  path,
  format: 'parquet',
  ...window,
})

export interface DatasetOptions {
  readonly description?: string
  readonly source?: Source
  /** The column that says when a row happened, and the column of the hour if it stands apart. */
  readonly eventTime?: string | { readonly column: string; readonly hourColumn?: string }
  /** By column, what its values must be like; several expectations hold together. */
  readonly expect?: Readonly<Record<string, Expectation | readonly Expectation[]>>
  /** What every new version must meet as a whole. */
  readonly contract?: Contract
  /** Labelled predictions of this endpoint are appended as new versions. */
  readonly collect?: Endpoint
}

export interface Dataset {
  readonly kind: 'dataset'
  readonly name: string
  readonly declaration: DatasetDeclaration
  readonly collects: Endpoint | undefined
}

/** Declares a dataset: a table whose versions never change. */
export function dataset(name: string, options: DatasetOptions = {}): Dataset {
  const { description = '', source = null, eventTime, expect = {}, contract, collect } = options
  return {
    kind: 'dataset',
    name,
    collects: collect,
    declaration: {
      name,
      description,
      source,
      eventTime:
        eventTime === undefined
          ? null
          : typeof eventTime === 'string'
            ? { column: eventTime }
            : eventTime,
      rules: Object.entries(expect).map(([column, expected]) =>
        Object.assign({ column }, ...[expected].flat()),
      ),
      collect: collect ? { endpoint: collect.name, target: targetOf(collect, name) } : null,
      ...(contract ? { contract } : {}),
    },
  }
}

function targetOf(endpoint: Endpoint, dataset: string): string {
  const { target } = endpoint.declaration
  if (target !== null) return target
  throw new KaizenError(
    'INVALID_MANIFEST',
    `dataset "${dataset}" collects from endpoint "${endpoint.name}", which has no target`,
    { hint: 'Give the endpoint a target: the column that ground truth supplies.' },
  )
}
