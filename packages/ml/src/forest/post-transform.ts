export const postTransforms = ['none', 'softmax', 'logistic', 'softmax-zero'] as const
export type PostTransform = (typeof postTransforms)[number]

/** Scores of a row become what the operator answers, by the definitions of ONNX-ML, in place. */
export function applyPostTransform(scores: Float32Array | Float64Array, how: PostTransform): void {
  switch (how) {
    case 'none':
      return
    case 'logistic':
      for (let i = 0; i < scores.length; i++) scores[i] = logistic(scores[i]!)
      return
    case 'softmax':
      softmax(scores)
      return
    case 'softmax-zero':
      softmaxZero(scores)
      return
  }
}

/** In float32, as the operator says. */
export function logistic(value: number): number {
  const score = Math.fround(value)
  const high = Math.fround(1 / Math.fround(1 + Math.fround(Math.exp(-Math.abs(score)))))
  return score < 0 ? Math.fround(1 - high) : high
}

const totals = { float32: new Float32Array(1), float64: new Float64Array(1) }

/** A zero to add to in the precision of scores. */
function totalOf(scores: Float32Array | Float64Array): Float32Array | Float64Array {
  const total = scores instanceof Float32Array ? totals.float32 : totals.float64
  total[0] = 0
  return total
}

/** Exponents of the scores less the largest, so that none overflows, over their sum. */
export function softmax(scores: Float32Array | Float64Array): void {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < scores.length; i++) if (scores[i]! > most) most = scores[i]!
  const total = totalOf(scores)
  for (let i = 0; i < scores.length; i++) {
    scores[i] = scores[i]! - most
    scores[i] = Math.exp(scores[i]!)
    total[0] = total[0]! + scores[i]!
  }
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / total[0]!
}

/** Scores that are zero stay so. */
function softmaxZero(scores: Float32Array | Float64Array): void {
  const nearZero = Math.fround(1e-7)
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < scores.length; i++) if (scores[i]! > most) most = scores[i]!
  const scale = Math.fround(Math.exp(-most))
  const total = totalOf(scores)
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (Math.abs(score) > nearZero) {
      scores[i] = score - most
      scores[i] = Math.exp(scores[i]!)
      total[0] = total[0]! + scores[i]!
    } else scores[i] = score * scale
  }
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / total[0]!
}
