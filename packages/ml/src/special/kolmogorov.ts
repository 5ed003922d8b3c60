import { binomialMass } from './binomial.ts'

/**
 * P(D_n >= d) of the two-sided Kolmogorov statistic of `n` observations. The method is chosen by n
 * and d as Simard and L'Ecuyer (2011) propose: Marsaglia, Tsang and Wang's matrix power near the
 * centre, Pelz and Good's expansion for large n, twice the one-sided tail above it.
 */
export const kolmogorovSurvival = (d: number, n: number): number => {
  const t = n * d
  if (Number.isNaN(d)) return Number.NaN
  if (t <= 0.5) return 1
  if (d >= 1) return 0
  if (d >= 0.5) return Math.min(1, 2 * smirnovSurvival(d, n))
  const square = t * d
  if (n <= 140) return square <= 4 ? 1 - matrixCdf(d, n) : 2 * smirnovSurvival(d, n)
  if (square >= 370) return 0
  if (square >= 2.2) return 2 * smirnovSurvival(d, n)
  const isCentral = n <= 100_000 && n * d ** 1.5 <= 1.4
  return clip(1 - (isCentral ? matrixCdf(d, n) : pelzGoodCdf(d, n)))
}

/** P(D_n+ >= d) of the one-sided statistic (Birnbaum and Tingey 1951), a sum of positive terms. */
export const smirnovSurvival = (d: number, n: number): number => {
  if (d <= 0) return 1
  if (d >= 1) return 0
  let sum = 0
  for (let j = 0; j <= n * (1 - d); j++) {
    const p = d + j / n
    if (p < 1) sum += (binomialMass(j, n, p) * d) / p
  }
  return clip(sum)
}

/** The limit law P(K >= z) of sqrt(n) D_n. */
export const kolmogorovLimitSurvival = (z: number): number => {
  if (z <= 0) return 1
  if (z < 1) return clip(1 - pelzGoodTerms(z)[0])
  let sum = 0
  for (let k = 1; k < 100; k++) {
    const term = Math.exp(-2 * k * k * z * z)
    sum += k % 2 === 1 ? term : -term
    if (term < 1e-18 * sum) break
  }
  return clip(2 * sum)
}

const clip = (p: number): number => Math.min(1, Math.max(0, p))

/** Marsaglia, Tsang and Wang (2003): n! / n^n times an entry of the n-th power of Durbin's matrix. */
const matrixCdf = (d: number, n: number): number => {
  const k = Math.floor(n * d) + 1
  const size = 2 * k - 1
  const matrix = durbinMatrix(size, k - n * d)
  const power = matrixPower({ values: matrix, exponent: 0 }, n, size)
  let result = power.values[(k - 1) * size + (k - 1)]!
  let exponent = power.exponent
  for (let i = 1; i <= n; i++) {
    result *= i / n
    if (result < 1e-140) {
      result *= 1e140
      exponent -= 140
    }
  }
  return result * 10 ** exponent
}

const durbinMatrix = (size: number, h: number): Float64Array => {
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) matrix[i * size + j] = i - j + 1 < 0 ? 0 : 1
  }
  for (let i = 0; i < size; i++) {
    matrix[i * size]! -= h ** (i + 1)
    matrix[(size - 1) * size + i]! -= h ** (size - i)
  }
  matrix[(size - 1) * size]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= Math.min(i, size - 1); j++) {
      for (let g = 1; g <= i - j + 1; g++) matrix[i * size + j]! /= g
    }
  }
  return matrix
}

interface ScaledMatrix {
  readonly values: Float64Array
  readonly exponent: number
}

const matrixPower = (base: ScaledMatrix, n: number, size: number): ScaledMatrix => {
  if (n === 1) return base
  const half = matrixPower(base, Math.floor(n / 2), size)
  const square = scaledProduct(half, half, size)
  return n % 2 === 0 ? square : scaledProduct(base, square, size)
}

const scaledProduct = (a: ScaledMatrix, b: ScaledMatrix, size: number): ScaledMatrix => {
  const values = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a.values[i * size + k]!
      if (factor === 0) continue
      for (let j = 0; j < size; j++) values[i * size + j]! += factor * b.values[k * size + j]!
    }
  }
  const exponent = a.exponent + b.exponent
  const middle = values[Math.floor(size / 2) * size + Math.floor(size / 2)]!
  if (middle <= 1e140) return { values, exponent }
  return { values: values.map((value) => value * 1e-140), exponent: exponent + 140 }
}

const pelzGoodCdf = (d: number, n: number): number => {
  const root = Math.sqrt(n)
  const [k0, k1, k2, k3] = pelzGoodTerms(root * d)
  return k0 + k1 / root + k2 / n + k3 / (n * root)
}

/** The limit law of sqrt(n) D_n and its corrections of order n^-1/2, n^-1, n^-3/2 (Pelz and Good 1976). */
const pelzGoodTerms = (z: number): readonly [number, number, number, number] => {
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8]
  const [p2, p4, p6] = [Math.PI ** 2, Math.PI ** 4, Math.PI ** 6]
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  for (let k = 0; k < 40; k++) {
    const m = k + 0.5
    const [m2, m4, m6] = [m ** 2, m ** 4, m ** 6]
    const half = Math.exp((-p2 * m2) / (2 * z2))
    s0 += half
    s1 += (p2 * m2 - z2) * half
    s2 += (6 * z6 + 2 * z4 + p2 * (2 * z4 - 5 * z2) * m2 + p4 * (1 - 2 * z2) * m4) * half
    s3 +=
      (p6 * m6 * (5 - 30 * z2) +
        p4 * m4 * (-60 * z2 + 212 * z4) +
        p2 * m2 * (135 * z4 - 96 * z6) -
        30 * z6 -
        90 * z8) *
      half
    if (half < 1e-18) break
  }
  let [w2, w3] = [0, 0]
  for (let k = 1; k < 40; k++) {
    const whole = Math.exp((-p2 * k * k) / (2 * z2))
    w2 += p2 * k * k * whole
    w3 += (3 * p2 * k * k * z2 - p4 * k ** 4) * whole
    if (whole < 1e-18) break
  }
  const c = 2 * Math.sqrt(Math.PI / 2)
  return [
    (c / z) * s0,
    (c / (6 * z4)) * s1,
    (c / (72 * z ** 7)) * s2 - (c / (36 * z ** 3)) * w2,
    (c / (6480 * z ** 10)) * s3 + (c / (216 * z6)) * w3,
  ]
}
