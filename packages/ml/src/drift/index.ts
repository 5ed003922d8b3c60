export { type AndersonDarlingVariant, andersonDarling } from './anderson-darling.ts'
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
export {
  type CramersVOptions,
  chiSquareContingency,
  chiSquareOneWay,
  cramersV,
  gTest,
  type Yates,
} from './chi-square.ts'
export { type ColumnTestName, chooseTest } from './column-tests.ts'
export { type CramerVonMisesMethod, cramerVonMises } from './cramer-von-mises.ts'
export {
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
export { type DomainClassifierOptions, domainClassifier } from './domain-classifier.ts'
export type { ColumnPair, ContentPair, Direction, DriftPair } from './drift-test.ts'
export {
  type EmbeddingDriftOptions,
  type EmbeddingMethod,
  embeddingDrift,
} from './embedding-drift.ts'
export { energyDistance } from './energy-distance.ts'
export { eppsSingleton } from './epps-singleton.ts'
export { fisherExact } from './fisher-exact.ts'
export { detectColumnDrift, type Verdict, type VerdictOptions } from './judge-drift.ts'
export {
  type KolmogorovSmirnovMethod,
  type KolmogorovSmirnovOptions,
  kolmogorovSmirnov,
  kolmogorovSmirnovOfSorted,
} from './kolmogorov-smirnov.ts'
export {
  type LsddOptions,
  leastSquaresDensityDifference,
} from './least-squares-density-difference.ts'
export { type Alternative, type MannWhitneyOptions, mannWhitney } from './mann-whitney.ts'
export { type MmdOptions, maximumMeanDiscrepancy } from './maximum-mean-discrepancy.ts'
export {
  CORRECTIONS,
  type CorrectedTests,
  type Correction,
  correctTests,
} from './multiple-testing.ts'
export {
  fitPcaReconstruction,
  type PcaReconstruction,
  pcaReconstructionError,
} from './pca-reconstruction.ts'
export { type Points, pointsFromColumns, pointsOf, type RowsOfNumbers } from './points.ts'
export { twoProportionZ } from './proportion.ts'
export type { Comparison, Effect, MethodParameters, SampleSizes } from './result.ts'
export { type TTestOptions, tTest } from './t-test.ts'
export { textDescriptorDrift } from './text-descriptor-drift.ts'
export { describeText, TEXT_DESCRIPTORS, type TextDescriptors } from './text-descriptors.ts'
export {
  type TellingTerm,
  type TextDrift,
  type TextDriftOptions,
  type Texts,
  textDrift,
} from './text-drift.ts'
export { type WassersteinScale, wasserstein, wassersteinOfSorted } from './wasserstein.ts'
