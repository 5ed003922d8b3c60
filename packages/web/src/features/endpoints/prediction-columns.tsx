import type { JsonValue, PredictionRecord } from '@kaizen/contracts'
import { formatNumber } from '../../shared/format/number.ts'
import type { TableColumn } from '../../shared/ui/table-model.ts'

/** What was answered and what was true, of logged predictions in any table. */
export const answerColumns: readonly TableColumn<PredictionRecord>[] = [
  {
    id: 'answer',
    header: 'Answer',
    width: 110,
    align: 'end',
    cell: (row) =>
      row.error === null ? answerText(row.outputs) : <span title={row.error}>error</span>,
    text: (row) => answerText(row.outputs),
  },
  {
    id: 'actual',
    header: 'Truth',
    width: 90,
    align: 'end',
    cell: (row) =>
      row.actual === null ? <span className="faint">not yet</span> : valueText(row.actual),
    text: (row) => (row.actual === null ? null : valueText(row.actual)),
  },
]

/** A column for each input. */
export const inputColumns = (names: readonly string[]): readonly TableColumn<PredictionRecord>[] =>
  names.map((name) => ({
    id: `in ${name}`,
    header: name,
    minWidth: 84,
    align: 'end',
    cell: (row) => valueText(row.inputs[name] ?? null),
    text: (row) => valueText(row.inputs[name] ?? null),
  }))

export const answerText = (outputs: PredictionRecord['outputs']): string =>
  Object.values(outputs).map(valueText).join(', ')

export function valueText(value: JsonValue): string {
  if (Array.isArray(value) && value.length === 1) return valueText(value[0] as JsonValue)
  if (typeof value === 'number') return formatNumber(value)
  return value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}
