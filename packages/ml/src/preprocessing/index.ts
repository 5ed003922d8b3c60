export {
  type ColumnPreprocessing,
  fitPreprocessing,
  type Preprocessing,
  type PreprocessingOptions,
  prepareRow,
  widthOf,
} from './chain.ts'
export { addPreprocessing } from './chain-graph.ts'
export type { TargetTransform } from './target-transform.ts'
