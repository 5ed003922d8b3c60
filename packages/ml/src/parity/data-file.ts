import { MlError } from '../ml-error.ts'
import type { ColumnReader } from './inputs.ts'

/** The columns of the adult files, which have no header. */
const ADULT_COLUMNS = [
  'age',
  'workclass',
  'fnlwgt',
  'education',
  'education_num',
  'marital_status',
  'occupation',
  'relationship',
  'race',
  'sex',
  'capital_gain',
  'capital_loss',
  'hours_per_week',
  'native_country',
  'income',
] as const

/** A column reader over the text of comma-separated files; each file and column is parsed once. */
export const columnReaderOver = (readText: (file: string) => string): ColumnReader => {
  const files = new Map<string, ReturnType<typeof parseFile>>()
  return (file, column) => {
    let columns = files.get(file)
    if (!columns) {
      columns = parseFile(file, readText(file))
      files.set(file, columns)
    }
    return columns(column)
  }
}

const parseFile = (file: string, text: string) => {
  const isAdult = file.split('/').at(-1)!.startsWith('adult')
  const lines = text.split(/\r?\n/).filter((line) => line.replaceAll(',', '').trim() !== '')
  const rows = lines.map((line) => line.split(',').map((field) => field.trim()))
  const header: readonly string[] = isAdult ? ADULT_COLUMNS : (rows.shift() ?? [])
  const parsed = new Map<string, readonly (number | string | null)[]>()
  return (column: string) => {
    const known = parsed.get(column)
    if (known) return known
    const index = header.indexOf(column)
    if (index < 0) {
      throw new MlError(
        'invalid_input',
        `${file} has no column '${column}'`,
        `its columns are ${header.join(', ')}`,
      )
    }
    const fields = rows.map((row) => presentField(row[index] ?? '', column))
    const isNumeric = fields.every((field) => field === null || !Number.isNaN(Number(field)))
    const values = isNumeric
      ? fields.map((field) => (field === null ? Number.NaN : Number(field)))
      : fields
    parsed.set(column, values)
    return values
  }
}

const presentField = (field: string, column: string): string | null => {
  if (field === '' || field === '?') return null
  return column === 'income' ? field.replace(/\.+$/, '') : field
}
