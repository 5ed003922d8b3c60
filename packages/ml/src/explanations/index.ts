export {
  type AccumulatedLocalEffects,
  accumulatedLocalEffects,
} from './accumulated-local-effects.ts'
export { type Anchor, type AnchorOptions, type AnchorTerm, anchor } from './anchor.ts'
export type { Attributions } from './attribution.ts'
export { type AttributionDrift, attributionDrift } from './attribution-drift.ts'
export {
  type Counterfactual,
  type CounterfactualOptions,
  counterfactuals,
} from './counterfactuals.ts'
export { type LinearFunction, linearShap } from './linear-shap.ts'
export { equidistantGrid, type PartialDependence, partialDependence } from './partial-dependence.ts'
export {
  type Loss,
  type PermutationImportance,
  permutationImportance,
  squaredLoss,
} from './permutation-importance.ts'
export { type Prototypes, type PrototypesOptions, prototypes } from './prototypes.ts'
export {
  exactShapley,
  kernelShap,
  type Predict,
  permutationShap,
  type SamplingOptions,
  shapleyValues,
} from './shapley.ts'
export { type ShapleyWalk, ShapleyWalks } from './shapley-walks.ts'
export {
  type ExplainedTree,
  expectedOutput,
  predictEnsemble,
  type TreeEnsemble,
} from './tree-ensemble.ts'
export { treeShap, treeShapInteractions } from './tree-shap.ts'
export { interventionalTreeShap, type Players } from './tree-shap-interventional.ts'
