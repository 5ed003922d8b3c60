/** Eigenvalues in descending order; column k of `vectors` (row-major) is the k-th unit eigenvector. */
export interface SymmetricEigen {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

/** Eigenvalues and eigenvectors of a symmetric matrix (row-major), by cyclic Jacobi rotations. */
export const symmetricEigen = (matrix: Float64Array, size: number): SymmetricEigen => {
  const a = matrix.slice()
  const v = new Float64Array(size * size)
  for (let i = 0; i < size; i++) v[i * size + i] = 1
  for (let sweep = 0; sweep < 100 && offDiagonal(a, size) > 0; sweep++) {
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) rotate(a, v, { size, p, q })
    }
  }
  const order = Array.from({ length: size }, (_, i) => i).sort(
    (i, j) => a[j * size + j]! - a[i * size + i]!,
  )
  const vectors = new Float64Array(size * size)
  order.forEach((from, to) => {
    for (let i = 0; i < size; i++) vectors[i * size + to] = v[i * size + from]!
  })
  return { values: Float64Array.from(order, (i) => a[i * size + i]!), vectors }
}

const offDiagonal = (a: Float64Array, size: number): number => {
  let sum = 0
  for (let p = 0; p < size - 1; p++) for (let q = p + 1; q < size; q++) sum += a[p * size + q]! ** 2
  return sum
}

const rotate = (
  a: Float64Array,
  v: Float64Array,
  { size, p, q }: { readonly size: number; readonly p: number; readonly q: number },
): void => {
  const pivot = a[p * size + q]!
  if (pivot === 0) return
  const [app, aqq] = [a[p * size + p]!, a[q * size + q]!]
  if (Math.abs(pivot) < 1e-300 || Math.abs(pivot) < 1e-17 * Math.sqrt(Math.abs(app * aqq))) {
    a[p * size + q] = 0
    a[q * size + p] = 0
    return
  }
  const theta = (aqq - app) / (2 * pivot)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < size; k++) {
    const [akp, akq] = [a[k * size + p]!, a[k * size + q]!]
    a[k * size + p] = c * akp - s * akq
    a[k * size + q] = s * akp + c * akq
  }
  for (let k = 0; k < size; k++) {
    const [apk, aqk] = [a[p * size + k]!, a[q * size + k]!]
    a[p * size + k] = c * apk - s * aqk
    a[q * size + k] = s * apk + c * aqk
    const [vkp, vkq] = [v[k * size + p]!, v[k * size + q]!]
    v[k * size + p] = c * vkp - s * vkq
    v[k * size + q] = s * vkp + c * vkq
  }
  a[p * size + q] = 0
  a[q * size + p] = 0
}
