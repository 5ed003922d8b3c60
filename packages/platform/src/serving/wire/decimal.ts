/** Powers of ten that a double holds exactly. */
const tens = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)
const splitter = 2 ** 27 + 1
/** More than the error of the second quotient, relative to it. */
const doubt = 2 ** -48

/**
 * `(high × 10^lowDigits + low) × 10^exponent` as the nearest double, where `high` has at most nine digits and `low` at
 * most `lowDigits`, which are at most nine; NaN where it cannot be told without more digits (two doubles are almost equally near) or the
 * exponent is beyond what one power of ten holds.
 *
 * The quotient is computed in pairs of doubles: T. J. Dekker, "A floating-point technique for extending the available
 * precision", Numerische Mathematik 18 (1971).
 */
export function nearestDouble(
  high: number,
  low: number,
  lowDigits: number,
  exponent: number,
): number {
  if (exponent < -22 || exponent > 22) return Number.NaN
  const shift = tens[lowDigits]!
  const product = high * shift
  if (lowDigits <= 6) {
    // At most 15 digits fit a double, so one correctly rounded operation gives the nearest.
    const digits = product + low
    return exponent < 0 ? digits / tens[-exponent]! : digits * tens[exponent]!
  }
  if (exponent > 0) return Number.NaN
  const power = tens[-exponent]!
  const rest = productError(high, shift, product) + low
  const digits = product + rest
  const tail = rest - (digits - product)
  const quotient = digits / power
  const back = quotient * power
  const remainder = digits - back - productError(quotient, power, back) + tail
  const correction = remainder / power
  const least = quotient + correction * (1 - doubt)
  return least === quotient + correction * (1 + doubt) ? least : Number.NaN
}

/** What rounding took from a product. */
function productError(a: number, b: number, product: number): number {
  const scaledA = a * splitter
  const highA = scaledA - (scaledA - a)
  const lowA = a - highA
  const scaledB = b * splitter
  const highB = scaledB - (scaledB - b)
  const lowB = b - highB
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB)
}
