export { betaCdf, betaQuantile } from './beta-distribution.ts'
export { binomialCdf, binomialLogMass, binomialMass, binomialSurvival } from './binomial.ts'
export {
  chiSquaredCdf,
  chiSquaredLogSurvival,
  chiSquaredQuantile,
  chiSquaredSurvival,
} from './chi-squared.ts'
export { fisherFCdf, fisherFLogSurvival, fisherFSurvival } from './fisher-f.ts'
export { logRegularizedBeta, regularizedBeta } from './incomplete-beta.ts'
export { logUpperGamma, lowerGamma, upperGamma } from './incomplete-gamma.ts'
export { kolmogorovLimitSurvival, kolmogorovSurvival, smirnovSurvival } from './kolmogorov.ts'
export { logBeta, logChoose, logGamma } from './log-gamma.ts'
export {
  normalCdf,
  normalDensity,
  normalLogSurvival,
  normalQuantile,
  normalSurvival,
  normalTwoSided,
} from './normal.ts'
export {
  studentTCdf,
  studentTLogSurvival,
  studentTQuantile,
  studentTSurvival,
  studentTTwoSided,
} from './student-t.ts'
