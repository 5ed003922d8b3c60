import type { Datatype } from '../../runtime/index.ts'
import type { WireJson } from './json.ts'

/**
 * How values of a table stand for elements. `text`: each is text that spells one, as in a CSV; `strict`: only values of
 * the type itself; `coerce`: what spells or means the same as well; `usual`: as strict, and whole numbers stand for text.
 */
export type Reading = 'text' | 'strict' | 'coerce' | 'usual'

/**
 * Reads a value of a table: a missing number is NaN and a missing text is empty, as data frames have them. What does not
 * fit passes unread, and is refused later by the datatype.
 */
export function readerOf(datatype: Datatype, reading: Reading): (value: WireJson) => WireJson {
  if (datatype === 'BYTES') return textReaders[reading]
  const float = datatype.startsWith('FP')
  const usual = (value: WireJson): WireJson => (value === null && float ? 'NaN' : value)
  switch (reading) {
    case 'strict':
    case 'usual':
      return usual
    case 'text':
      return (value) => spelt(value, datatype)
    case 'coerce':
      return (value) => {
        if (typeof value === 'string') return spelt(value, datatype)
        if (typeof value === 'boolean' && datatype !== 'BOOL') return value ? 1 : 0
        return usual(value)
      }
  }
}

const isNumber = (value: WireJson): boolean =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
const isWhole = (value: WireJson): boolean =>
  typeof value === 'bigint' || Number.isSafeInteger(value)

const wholeAsText = (value: WireJson): WireJson =>
  value === null ? '' : isWhole(value) ? String(value) : value

const textReaders: Readonly<Record<Reading, (value: WireJson) => WireJson>> = {
  text: wholeAsText,
  usual: wholeAsText,
  strict: (value) => (value === null ? '' : value),
  coerce: (value) =>
    value === null ? '' : isNumber(value) || typeof value === 'boolean' ? String(value) : value,
}

/** The number or truth value that text spells; the value itself where it spells none. */
function spelt(value: WireJson, datatype: Datatype): WireJson {
  const float = datatype.startsWith('FP')
  const written = String(value).trim()
  if (written === '') return float ? 'NaN' : value
  if (datatype === 'BOOL') return truth.get(written.toLowerCase()) ?? value
  if (/^[+-]?\d+$/.test(written)) return float ? Number(written) : BigInt(written.replace('+', ''))
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(written) ? Number(written) : value
}

const truth = new Map<string, boolean>([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])
