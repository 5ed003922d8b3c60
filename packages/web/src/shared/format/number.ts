/** What stands where a value is missing: never a zero. */
export const missing = '–'

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

/** A count with thousands separators. */
export const formatCount = (value: number | null | undefined): string =>
  value === null || value === undefined ? missing : grouped.format(value)

/** A measured value with about four significant digits; very large and very small ones in powers of ten. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return missing
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e9 || size < 1e-4)) {
    return minus(value.toExponential(Math.max(0, digits - 2)))
  }
  if (Number.isInteger(value)) return minus(grouped.format(value))
  const before = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1
  const fraction = Math.max(0, Math.min(6, digits - before))
  const format = new Intl.NumberFormat('en-GB', {
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  })
  return minus(format.format(value))
}

/** As `formatNumber`, without zeros at the end: for a number that stands alone, not in a column. */
export const formatPlain = (value: number | null | undefined, digits = 4): string =>
  formatNumber(value, digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')

/** A share such as 0.125 as `12.5 %`. */
export const formatShare = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined || Number.isNaN(value)
    ? missing
    : `${minus((value * 100).toFixed(digits))} %`

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return missing
  let amount = value
  let unit = 0
  while (amount >= 1000 && unit < byteUnits.length - 1) {
    amount /= 1000
    unit += 1
  }
  return `${unit === 0 ? amount : amount.toFixed(amount < 10 ? 1 : 0)} ${byteUnits[unit]}`
}

/** A length of time in at most two units. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return missing
  if (ms === 0) return '0 ms'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return twoUnits(minutes, 'min', Math.floor((ms % 60_000) / 1000), 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return twoUnits(hours, 'h', minutes % 60, 'min')
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

const twoUnits = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  `${large} ${largeUnit}${small === 0 ? '' : ` ${small} ${smallUnit}`}`

const minus = (text: string): string => text.replaceAll('-', '−')
