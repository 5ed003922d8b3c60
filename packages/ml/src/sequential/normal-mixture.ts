/**
 * Howard, Ramdas, McAuliffe and Sekhon's two-sided normal-mixture boundary (2021, eq. 14): a
 * sub-Gaussian sum of intrinsic time `v` stays within it for ever with probability 1 - alpha.
 * `rho` > 0 sets where it is tightest.
 */
export const normalMixtureBoundary = (
  v: number,
  { alpha, rho }: { readonly alpha: number; readonly rho: number },
): number => Math.sqrt((v + rho) * Math.log((v + rho) / (rho * alpha * alpha)))

/** The `rho` that makes the two-sided boundary tight at intrinsic time `vOpt`. */
export const normalMixtureRho = (vOpt: number, alpha: number): number => {
  const log = 2 * Math.log(1 / alpha)
  return vOpt / (log + Math.log(1 + log))
}
