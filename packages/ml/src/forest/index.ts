/** Tree ensembles of any origin, scored at the speed of the processor. */
export { type Forest, type SplitTest, splitTests } from './forest.ts'
export { type Aggregate, type Column, ForestSum } from './forest-sum.ts'
export type { LaneType } from './lane-walk.ts'
export {
  applyPostTransform,
  logistic,
  type PostTransform,
  postTransforms,
  softmax,
} from './post-transform.ts'
