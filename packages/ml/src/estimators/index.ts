export {
  type Estimator,
  type FeatureImportance,
  type FitOptions,
  type FittedModel,
  type ModelKind,
  type ModelState,
  modelKinds,
  type Prediction,
  type TrainingRecord,
} from './estimator.ts'
export { fitModel, restoreModel, trainers } from './trainers.ts'
