import { KaizenError, type MonitorProfileInput } from '@kaizen/contracts'
import { RowProfile } from '@kaizen/ml/profile'

type Column = MonitorProfileInput['profile']['columns'][number]['profile']
type Numeric = Extract<Column, { kind: 'numeric' }>
type Categorical = Extract<Column, { kind: 'categorical' }>

/**
 * An uploaded profile that is sound: counts agree with each other, and sketches hold what they say.
 * @throws INVALID_DATA, naming the column
 */
export function readProfile({ profile }: MonitorProfileInput): RowProfile {
  const names = new Set<string>()
  for (const column of profile.columns) {
    if (names.has(column.name)) refuse(column.name, 'is there twice')
    names.add(column.name)
    checkColumn(column.name, column.profile, { rows: profile.rows, mistyped: column.mistyped })
  }
  if (profile.prediction)
    checkColumn('prediction', profile.prediction, { rows: profile.rows, mistyped: 0 })
  // Optional fields are absent or there, never undefined, after a way through JSON.
  return RowProfile.fromJson(profile as Parameters<typeof RowProfile.fromJson>[0])
}

function refuse(column: string, why: string): never {
  throw new KaizenError('INVALID_DATA', `the profile's column "${column}" ${why}`, {
    hint: 'Write profiles with ProfileWriter of the SDK, or with kaizen_profile.py.',
  })
}

function checkColumn(
  name: string,
  column: Column,
  { rows, mistyped }: { readonly rows: number; readonly mistyped: number },
): void {
  const { distinct } = column
  if ((distinct.hashes === undefined) === (distinct.registers === undefined))
    refuse(name, 'counts distinct values by hashes or by registers, not both')
  if (distinct.registers !== undefined && decoded(name, distinct.registers).length !== 4096)
    refuse(name, 'has registers of another number than 4096')
  const held =
    column.kind === 'numeric'
      ? column.moments.count + column.moments.missing + column.moments.infinite
      : column.count + column.missing
  if (held + mistyped > rows) refuse(name, `has ${held + mistyped} values in ${rows} rows`)
  if (column.kind === 'numeric') checkNumeric(name, column)
  else checkCategorical(name, column)
}

function checkNumeric(name: string, { moments, quantiles }: Numeric): void {
  if (quantiles.count !== moments.count)
    refuse(name, `counts ${moments.count} values and ${quantiles.count} in its quantiles`)
  if (moments.zeros + moments.negatives > moments.count || moments.m2 < 0)
    refuse(name, 'has moments that no values have')
  const { min, max } = quantiles
  if ((min === null) !== (moments.count === 0) || (max === null) !== (moments.count === 0))
    refuse(name, 'has extremes exactly where it has values')
  const weight = quantiles.lengths.reduce((sum, length, level) => sum + length * 2 ** level, 0)
  if (weight !== quantiles.count) refuse(name, `has quantiles that stand for ${weight} values`)
  const bytes = decoded(name, quantiles.items)
  const length = quantiles.lengths.reduce((sum, one) => sum + one, 0)
  if (bytes.length !== 8 * length) refuse(name, `has quantiles of ${bytes.length} bytes`)
  const items = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let place = 0
  for (const level of quantiles.lengths) {
    let before = min ?? 0
    for (let index = 0; index < level; index++, place += 8) {
      const value = items.getFloat64(place, true)
      if (!(value >= before && value <= (max ?? 0)))
        refuse(name, 'has quantiles out of order or beyond its extremes')
      before = value
    }
  }
}

function checkCategorical(name: string, { count, items }: Categorical): void {
  const sum = items.items.reduce((total, [, one]) => total + one, 0)
  if (items.count !== count || sum > count)
    refuse(name, `counts ${count} values and ${sum} by category`)
  if (new Set(items.items.map(([label]) => label)).size < items.items.length)
    refuse(name, 'counts a category twice')
}

function decoded(name: string, text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    refuse(name, 'holds text that is no base64')
  // A copy of its own: small buffers share memory.
  return Uint8Array.from(Buffer.from(text, 'base64'))
}
