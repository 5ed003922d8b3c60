import type { OnlineFeatures } from '@kaizen/contracts'
import { timeText } from './cells.ts'
import type { Found } from './model.ts'
import { type KeyColumns, type LookUp, type OnlineReader, rowsIn } from './online-reader.ts'
import { outputNames } from './selection.ts'

const epoch = timeText(0)

/** Looks features up and tells them column by column, join keys first, as Feast does. @throws INVALID_REQUEST */
export async function onlineAnswer(
  reader: OnlineReader,
  plan: LookUp,
  asked: { readonly given: KeyColumns; readonly full: boolean; readonly nowUs: number },
): Promise<OnlineFeatures> {
  const { given, full, nowUs } = asked
  // Values that functions were given are not features, as join keys are.
  const values = new Set(plan.request.map(({ name }) => name))
  const keys = [...given.keys()].filter((name) => !values.has(name))
  const names = outputNames(plan.selection, { full, taken: keys })
  const rows = rowsIn(plan, given)
  const columns = await reader.read(plan, given, nowUs)
  return {
    metadata: { feature_names: [...keys, ...names] },
    results: [
      ...keys.map((name) => ({
        values: [...given.get(name)!],
        statuses: Array.from({ length: rows }, () => 'PRESENT' as const),
        event_timestamps: Array.from({ length: rows }, () => epoch),
      })),
      ...columns.map(resultOf),
    ],
  }
}

function resultOf(column: readonly Found[]): OnlineFeatures['results'][number] {
  let lastUs = 0
  let last = epoch
  return {
    values: column.map(({ value }) => value),
    statuses: column.map(({ status }) => status),
    event_timestamps: column.map(({ eventUs }) => {
      if (eventUs !== lastUs) {
        lastUs = eventUs
        last = timeText(eventUs)
      }
      return last
    }),
  }
}
