import { MlError } from '../ml-error.ts'
import { type Constant, deepestCondition, not, type RowCondition, signs } from './row-condition.ts'
import { readConditionText } from './row-condition-text.ts'

/**
 * Reads `row_condition` as suites hold it: text in the forms of pandas, of Great Expectations' own parser and of SQL,
 * or the object that Great Expectations writes since 1.5 (`comparison`, `nullity`, `and`, `or`, and `pass_through`
 * around the text of older suites). Undefined where there is none.
 * @throws MlError invalid_option for anything else: a condition that is not read must not be left out.
 */
export function readRowCondition(condition: unknown): RowCondition | undefined {
  if (condition === undefined || condition === null) return undefined
  if (typeof condition === 'string')
    return condition.trim() === '' ? undefined : readConditionText(condition)
  return fromObject(condition, 0)
}

type Fields = Readonly<Record<string, unknown>>

const unreadable = (condition: unknown, why: string): MlError =>
  new MlError(
    'invalid_option',
    `row_condition ${JSON.stringify(condition)?.slice(0, 120)}: ${why}`,
    'Give a condition as text, such as col("age") > 18, or as Great Expectations 1.x writes it.',
  )

function fromObject(condition: unknown, depth: number): RowCondition {
  if (condition === null || typeof condition !== 'object' || Array.isArray(condition))
    throw unreadable(condition, 'it is neither text nor an object')
  if (depth > deepestCondition) throw unreadable({}, 'it is nested too deeply')
  const fields = condition as Fields
  switch (fields['type']) {
    case 'pass_through':
      return readConditionText(String(fields['pass_through_filter'] ?? ''))
    case 'and':
    case 'or': {
      const { type, conditions } = fields
      if (!Array.isArray(conditions) || conditions.length === 0)
        throw unreadable(condition, 'it joins no conditions')
      return { kind: type, parts: conditions.map((each) => fromObject(each, depth + 1)) }
    }
    case 'nullity': {
      const missing: RowCondition = { kind: 'missing', column: columnIn(fields) }
      return fields['is_null'] === true ? missing : not(missing)
    }
    case 'comparison':
      return comparison(columnIn(fields), fields)
    default:
      throw unreadable(condition, `the type ${JSON.stringify(fields['type'])} is not known`)
  }
}

function columnIn(fields: Fields): string {
  const name = (fields['column'] as Fields | null | undefined)?.['name']
  if (typeof name === 'string') return name
  throw unreadable(fields, 'it names no column')
}

function comparison(column: string, fields: Fields): RowCondition {
  const { operator, parameter } = fields
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(parameter) || !parameter.every(isConstant))
      throw unreadable(fields, 'the parameter is no list of values')
    const listed: RowCondition = { kind: 'in', column, values: parameter }
    return operator === 'IN' ? listed : not(listed)
  }
  if (!isConstant(parameter)) throw unreadable(fields, 'the parameter is no value')
  const value = { value: parameter }
  if (operator === '!=') return not({ kind: 'compare', column, sign: '==', with: value })
  const sign = signs.find((each) => each === operator)
  if (sign) return { kind: 'compare', column, sign, with: value }
  throw unreadable(fields, `the operator ${JSON.stringify(operator)} is not known`)
}

const isConstant = (value: unknown): value is Constant =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
