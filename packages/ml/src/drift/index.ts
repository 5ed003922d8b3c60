export { binnedComparison } from './binned.ts'
export {
  type Binning,
  type Categories,
  type CellCounts,
  categoryCells,
  countCategories,
  distinctSturgesCells,
  doaneReferenceCells,
  numericCells,
  referenceCategoryCells,
  valueCells,
} from './cells.ts'
export { chiSquareContingency, chiSquareOneWay, cramersV, gTest, type Yates } from './chi-square.ts'
export {
  type ColumnPair,
  chooseTest,
  type Direction,
  DRIFT_TESTS,
  type DriftOptions,
  type DriftTestName,
  type DriftVerdict,
  detectDrift,
} from './detect-drift.ts'
export {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  type LogBase,
  lInfinity,
  populationStabilityIndex,
  totalVariation,
} from './divergence.ts'
export {
  type KolmogorovSmirnovMethod,
  kolmogorovSmirnov,
  kolmogorovSmirnovOfSorted,
} from './kolmogorov-smirnov.ts'
export { twoProportionZ } from './proportion.ts'
export type { Comparison, Effect, MethodParameters, SampleSizes } from './result.ts'
export { type WassersteinScale, wasserstein, wassersteinOfSorted } from './wasserstein.ts'
