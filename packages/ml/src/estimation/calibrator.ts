import { applyIsotonicInOrder, fitIsotonic, type IsotonicFit } from '../metrics/isotonic.ts'
import { applyPlatt, fitPlatt, type PlattFit } from '../metrics/platt.ts'
import type { Numbers } from '../numeric/numbers.ts'
import type { Outcome } from '../outcome.ts'

/** How scores become probabilities: steps that fit any order-keeping shape, or a curve of two parameters for few rows. */
export type Calibrator = 'isotonic' | 'platt'
export type CalibrationFit = IsotonicFit | PlattFit

/** Fits probabilities of the positive class to scores; `order` lists the rows by ascending score. */
export const fitCalibration = (
  calibrator: Calibrator,
  { label, score }: { readonly label: Numbers; readonly score: Numbers },
  order: Uint32Array,
): Outcome<{ readonly fit: CalibrationFit }> => {
  if (calibrator === 'isotonic') return { status: 'ok', fit: fitIsotonic(score, label, order) }
  const platt = fitPlatt(label, score)
  return platt.status === 'ok' ? { status: 'ok', fit: { a: platt.a, b: platt.b } } : platt
}

/** Calibrated probabilities, one for each score. */
export const applyCalibration = (
  fit: CalibrationFit,
  score: Numbers,
  order: Uint32Array,
): Float64Array => ('a' in fit ? applyPlatt(fit, score) : applyIsotonicInOrder(fit, score, order))
