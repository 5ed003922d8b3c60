export {
  type CoMoments,
  type CoMomentsJson,
  coMomentsFromJson,
  coMomentsOf,
  correlationMatrix,
  covarianceMatrix,
  mergeCoMoments,
} from './co-moments.ts'
export { DistinctSketch, type DistinctSketchJson, distinctRegisters } from './distinct-sketch.ts'
export { type FrequentItem, FrequentItems, type FrequentItemsJson } from './frequent-items.ts'
export {
  EMPTY_MOMENTS,
  type Moments,
  mergeMoments,
  momentsOf,
  type Shape,
  shapeOf,
  varianceOf,
} from './moments.ts'
export { QuantileSketch, type QuantileSketchJson } from './quantile-sketch.ts'
