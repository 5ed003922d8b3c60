import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkRows } from './rows.ts'

/** Errors of forecasts of a series, against what a seasonal naive forecast would have missed in the past. */
export interface ForecastMetrics {
  readonly rows: number
  readonly season: number
  readonly mae: number
  readonly rmse: number
  /** Mean of prediction - actual. */
  readonly bias: number
  /** Mean of 2 |error| / (|actual| + |forecast|), a share from 0 to 2; both 0 counts 0. */
  readonly smape: number
  /** Sum of |error| over the sum of |actual|; null where all are 0. */
  readonly wape: number | null
  /** Mean |error| over that of the seasonal naive forecast of the past; null for a repeating past. */
  readonly mase: number | null
  /** The same of squared errors, under the root. */
  readonly rmsse: number | null
  /** Root of the squared errors over those of the forecast "as before" (Theil's U2); null where that is exact. */
  readonly theilU2: number | null
}

/**
 * Forecast errors (Hyndman and Koehler 2006; M5 competition for RMSSE). `past` is the series before the
 * forecasts, in time order, `season` the lag of the naive forecast in steps.
 * @throws MlError when lengths differ, a value is not finite, or the season is no positive whole number.
 */
export const forecastMetrics = (
  {
    actual,
    forecast,
    past,
  }: { readonly actual: Numbers; readonly forecast: Numbers; readonly past: Numbers },
  { season = 1 }: { readonly season?: number } = {},
): Outcome<ForecastMetrics> => {
  if (!Number.isInteger(season) || season < 1) {
    throw new MlError('invalid_input', `the season is ${season}`, 'give a whole number of steps')
  }
  const rows = checkRows({ actual, forecast })
  checkRows({ past })
  if (rows === 0) return insufficient('forecast', 'rows', { have: 0, need: 1 })
  if (past.length <= season) {
    return insufficient('forecast', 'past rows', { have: past.length, need: season + 1 })
  }
  const sums = { absolute: 0, square: 0, error: 0, symmetric: 0, actual: 0, naive: 0 }
  for (let i = 0; i < rows; i++) {
    const [y, f] = [actual[i]!, forecast[i]!]
    const before = i === 0 ? past[past.length - 1]! : actual[i - 1]!
    const size = Math.abs(y) + Math.abs(f)
    sums.absolute += Math.abs(f - y)
    sums.square += (f - y) ** 2
    sums.error += f - y
    sums.symmetric += size > 0 ? (2 * Math.abs(f - y)) / size : 0
    sums.actual += Math.abs(y)
    sums.naive += (y - before) ** 2
  }
  const scale = naiveErrors(past, season)
  return {
    status: 'ok',
    rows,
    season,
    mae: sums.absolute / rows,
    rmse: Math.sqrt(sums.square / rows),
    bias: sums.error / rows,
    smape: sums.symmetric / rows,
    wape: over(sums.absolute, sums.actual),
    mase: over(sums.absolute / rows, scale.absolute),
    rmsse: root(over(sums.square / rows, scale.square)),
    theilU2: root(over(sums.square, sums.naive)),
  }
}

const naiveErrors = (past: Numbers, season: number) => {
  let [absolute, square] = [0, 0]
  for (let i = season; i < past.length; i++) {
    const error = past[i]! - past[i - season]!
    absolute += Math.abs(error)
    square += error * error
  }
  const count = past.length - season
  return { absolute: absolute / count, square: square / count }
}

const over = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)
const root = (value: number | null): number | null => (value === null ? null : Math.sqrt(value))

/** How well intervals hold the actual values. */
export interface IntervalForecast {
  readonly rows: number
  /** Share of actual values within the bounds, both inclusive. */
  readonly coverage: number
  readonly meanWidth: number
  /** Winkler's (1972) mean score: the width, and 2 / alpha times what falls outside. Smaller is better. */
  readonly winkler: number
}

/** Scores of central 1 - alpha intervals. Gneiting and Raftery 2007. */
export const intervalForecastMetrics = (
  {
    actual,
    lower,
    upper,
  }: { readonly actual: Numbers; readonly lower: Numbers; readonly upper: Numbers },
  alpha = 0.05,
): Outcome<IntervalForecast> => {
  const rows = checkRows({ actual, lower, upper })
  if (rows === 0) return insufficient('interval-forecast', 'rows', { have: 0, need: 1 })
  let [inside, width, penalty] = [0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const [y, l, u] = [actual[i]!, lower[i]!, upper[i]!]
    if (y >= l && y <= u) inside++
    width += u - l
    penalty += Math.max(0, l - y, y - u)
  }
  return {
    status: 'ok',
    rows,
    coverage: inside / rows,
    meanWidth: width / rows,
    winkler: (width + (2 / alpha) * penalty) / rows,
  }
}
