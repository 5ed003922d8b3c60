import type { RewardSpec } from '@kaizen/contracts'
import type { BlockRow } from '../log/block.ts'
import type { Label } from '../model.ts'

/** What an answer was worth once its truth is known, more being better; undefined where that has no meaning. */
export const rewardOf = (spec: RewardSpec, row: BlockRow, label: Label): number | undefined =>
  rewardOfAnswer(spec, spec.kind === 'value' ? undefined : outputOf(row, spec.output), label)

/** The same of an answer by itself; rewards of the kind `value` do not look at it. */
export function rewardOfAnswer(
  spec: RewardSpec,
  answer: Label | undefined,
  label: Label,
): number | undefined {
  switch (spec.kind) {
    case 'value': {
      const value = typeof label === 'string' ? Number(label || 'NaN') : Number(label)
      if (!Number.isFinite(value)) return undefined
      return spec.goal === 'minimise' ? -value : value
    }
    case 'correct':
      return answer === undefined ? undefined : sameLabel(answer, label) ? 1 : 0
    case 'absolute_error': {
      const error = Math.abs(Number(answer ?? 'NaN') - Number(label))
      return Number.isFinite(error) ? -error : undefined
    }
  }
}

/** The value of a named output, or of the first. */
export function outputOf(row: BlockRow, name: string | undefined): Label | undefined {
  const { outputs } = row.rows
  const column = name === undefined ? outputs.values().next().value : outputs.get(name)
  if (!column || row.error !== null) return undefined
  return column.kind === 'string' || column.kind === 'boolean'
    ? (column.value(row.row) ?? undefined)
    : column.number(row.row)
}

/** Models answer true and false as numbers or words as often as not. */
const sameLabel = (answer: Label, label: Label): boolean =>
  answer === label || Number(answer) === Number(label) || String(answer) === String(label)

/** Numbers of a row under names, as the context of a linear bandit, with 1 for the intercept. */
export function loggedContext(row: BlockRow, names: readonly string[]): number[] | undefined {
  const context = [1]
  for (const name of names) {
    const column = row.rows.inputs.get(name)
    const value =
      column?.kind === 'number' || column?.kind === 'integer' ? column.number(row.row) : Number.NaN
    if (!Number.isFinite(value)) return undefined
    context.push(value)
  }
  return context
}
