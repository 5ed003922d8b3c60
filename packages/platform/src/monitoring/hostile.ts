import type { Table, TableColumn } from '../storage/index.ts'
import { slackOf } from './checks.ts'
import type { ReferenceColumn, ReferenceProfile, Statistic } from './model.ts'
import { lacking, percent, statisticOf } from './statistic.ts'

const tolerance = 0.01
/** Texts longer than the longest of the reference by so many times, and this long, are no honest values. */
const [timesLonger, atLeastLong] = [4, 200]

/** Values whose verdict is remembered. */
const rememberedValues = 1 << 16

/** Control signs, markup and script, climbing paths, pieces of SQL and of templates, orders to a language model. */
const hostileText = new RegExp(
  [
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/,
    /<\s*(script|iframe|img|svg)\b/,
    /javascript:/,
    /(\.\.[/\\]){2,}/,
    /\bunion\s+(all\s+)?select\b/,
    /['"]\s*or\s+['"]?\d+['"]?\s*=/,
    /;\s*(drop|delete|insert)\s/,
    /\$\{.*\}|\{\{.*\}\}/,
    /\bignore\s+(all\s+)?(the\s+)?(previous|above)\s+instructions/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
)

/**
 * Share of rows that look as if somebody tried something: a number far out of the reference's range or infinite, text
 * where it has numbers, or a text that it never held and that is overlong or holds what attacks hold. What such rows
 * mean is not known; honest faults of a sender look the same.
 */
export function hostileCheck(reference: ReferenceProfile, inputs: Table): Statistic {
  const rows = inputs.rowCount
  const figure = {
    metric: 'hostile:rows',
    method: 'suspicious-share',
    threshold: tolerance,
    rows,
    referenceRows: reference.rows,
  }
  if (rows === 0) return lacking(figure, { have: 0, need: 1, of: 'rows' })
  const marked = new Uint8Array(rows)
  const kinds = { far: 0, mistyped: 0, text: 0 }
  const found = new Map(inputs.columns.map((column) => [column.name, column]))
  for (const column of reference.columns) {
    const current = found.get(column.name)
    if (!current) continue
    const kindOf = suspicion(column, current)
    for (let row = 0; row < rows; row++) {
      const kind = kindOf(row)
      if (kind === null) continue
      marked[row] = 1
      kinds[kind]++
    }
  }
  const value = marked.reduce((sum, one) => sum + one, 0) / rows
  const words = [
    [kinds.far, 'far out of range'],
    [kinds.mistyped, 'that are text instead of numbers'],
    [kinds.text, 'overlong or with what attacks hold'],
  ] as const
  const told = words.flatMap(([count, text]) => (count > 0 ? [`values ${text}: ${count}`] : []))
  const note = value > 0 ? `${percent(value)} of the rows; ${told.join(', ')}` : null
  return statisticOf({ ...figure, value, note })
}

type Suspicion = (row: number) => 'far' | 'mistyped' | 'text' | null

function suspicion(column: ReferenceColumn, { values }: TableColumn): Suspicion {
  if (column.kind === 'numeric') {
    const slack = slackOf(column)
    const [low, high] =
      slack === 0 ? [-Number.MAX_VALUE, Number.MAX_VALUE] : [column.min - slack, column.max + slack]
    if (values instanceof Float64Array)
      return (row) => (values[row]! < low || values[row]! > high ? 'far' : null)
    return (row) => {
      const value = values[row]
      if (value === null || value === undefined || value === '') return null
      const number = Number(value)
      if (Number.isNaN(number)) return 'mistyped'
      return number < low || number > high ? 'far' : null
    }
  }
  if (values instanceof Float64Array) return () => null
  const known = new Set(column.counts.map(([label]) => label))
  const longest = column.counts.reduce((most, [label]) => Math.max(most, label.length), 0)
  const limit = Math.max(atLeastLong, timesLonger * longest)
  const judged = new Map<unknown, boolean>()
  return (row) => {
    const value = values[row]
    if (typeof value !== 'string' || known.has(value)) return null
    let isHostile = judged.get(value)
    if (isHostile === undefined) {
      isHostile = value.length > limit || hostileText.test(value)
      // Values by the million are judged again rather than all remembered.
      if (judged.size >= rememberedValues) judged.clear()
      judged.set(value, isHostile)
    }
    return isHostile ? 'text' : null
  }
}
