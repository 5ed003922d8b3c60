export {
  type BootstrapIntervals,
  type BootstrapOptions,
  bootstrapIntervals,
} from './bootstrap-interval.ts'
export {
  type PairedBootstrap,
  type PairedBootstrapOptions,
  pairedBootstrap,
} from './paired-bootstrap.ts'
export {
  correctedResampledTTest,
  type McNemar,
  mcNemar,
  pairedTTest,
  wilcoxonSignedRank,
} from './paired-tests.ts'
export {
  type DifferenceIntervals,
  differenceIntervals,
  type Interval,
  type ProportionIntervals,
  proportionIntervals,
} from './proportion-interval.ts'
