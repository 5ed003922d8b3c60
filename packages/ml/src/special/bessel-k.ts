/**
 * e^x K_v(x), the scaled modified Bessel function of the second kind for x > 0: the trapezoidal rule on
 * the integral of exp(-x (cosh t - 1)) cosh(v t), which converges faster than any power of the step.
 */
export const besselKScaled = (order: number, x: number): number => {
  const step = Math.min(0.05, 0.25 / Math.sqrt(Math.max(1, x)))
  let sum = 0.5
  for (let i = 1; i < 100_000; i++) {
    const t = i * step
    const half = Math.sinh(t / 2)
    const term = Math.exp(-2 * x * half * half) * Math.cosh(order * t)
    sum += term
    if (term < 1e-18 * sum) break
  }
  return sum * step
}
