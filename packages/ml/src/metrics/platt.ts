import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkBinary, checkRows } from './rows.ts'

/** The probability 1 / (1 + exp(a score + b)). */
export interface PlattFit {
  readonly a: number
  readonly b: number
}

/** Platt's scaling (1999) with his smoothed targets, by Newton's method with backtracking (Lin et al. 2007). */
export const fitPlatt = (label: Numbers, score: Numbers): Outcome<PlattFit> => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  let positives = 0
  for (let i = 0; i < rows; i++) positives += label[i]!
  const have = Math.min(positives, rows - positives)
  if (have === 0) return insufficient('platt-scaling', 'rows of each class', { have, need: 1 })
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (rows - positives + 2)
  const target = Float64Array.from(label, (y) => (y === 1 ? high : low))
  let [a, b] = [0, Math.log((rows - positives + 1) / (positives + 1))]
  let loss = crossEntropy(target, score, { a, b })
  for (let step = 0; step < 100; step++) {
    const { ga, gb, haa, hab, hbb } = derivatives(target, score, { a, b })
    if (Math.abs(ga) < 1e-10 && Math.abs(gb) < 1e-10) break
    const determinant = haa * hbb - hab * hab
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant]
    let size = 1
    for (; size > 1e-10; size /= 2) {
      const next = crossEntropy(target, score, { a: a - size * da, b: b - size * db })
      if (next > loss) continue
      loss = next
      break
    }
    a -= size * da
    b -= size * db
  }
  return { status: 'ok', a, b }
}

/** Calibrated probabilities, one for each score: 1 / (1 + exp(a s + b)). */
export const applyPlatt = ({ a, b }: PlattFit, score: Numbers): Float64Array =>
  Float64Array.from(score, (s) => 1 / (1 + Math.exp(a * s + b)))

const crossEntropy = (target: Float64Array, score: Numbers, { a, b }: PlattFit): number => {
  let sum = 0
  for (let i = 0; i < target.length; i++) {
    const z = a * score[i]! + b
    sum +=
      z >= 0
        ? target[i]! * z + Math.log1p(Math.exp(-z))
        : (target[i]! - 1) * z + Math.log1p(Math.exp(z))
  }
  return sum
}

const derivatives = (target: Float64Array, score: Numbers, { a, b }: PlattFit) => {
  let [ga, gb, haa, hab, hbb] = [0, 0, 1e-12, 0, 1e-12]
  for (let i = 0; i < target.length; i++) {
    const s = score[i]!
    const p = 1 / (1 + Math.exp(a * s + b))
    const gradient = target[i]! - p
    const weight = p * (1 - p)
    ga += s * gradient
    gb += gradient
    haa += s * s * weight
    hab += s * weight
    hbb += weight
  }
  return { ga, gb, haa, hab, hbb }
}
