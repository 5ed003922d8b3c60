import type { Dataset } from './dataset.ts'
import { type Input, makeHandle, refOfInput, type TableHandle } from './handle.ts'

export interface WindowOptions {
  /** First event time that belongs to it, in milliseconds; the beginning unless told. */
  readonly from?: Input<number>
  /** First event time that no longer belongs to it; the end unless told. */
  readonly to?: Input<number>
  /** Version of the dataset; the latest unless told, which -1 means too. */
  readonly version?: Input<number>
}

/** Rows of a dataset with event time in [from, to), as a table for a step. */
export function window(dataset: Dataset, options: WindowOptions = {}): TableHandle {
  const { from, to, version } = options
  return makeHandle('table', {
    from: 'dataset',
    dataset: dataset.name,
    ...(version === undefined ? {} : { version: refOfInput(version) }),
    ...(from === undefined ? {} : { windowFrom: refOfInput(from) }),
    ...(to === undefined ? {} : { windowTo: refOfInput(to) }),
  })
}
