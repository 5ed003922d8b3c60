export {
  fitIsolationForest,
  type IsolationForest,
  type IsolationOptions,
  isolationScores,
} from './isolation-forest.ts'
export { fitMahalanobis, type MahalanobisFit, mahalanobisDistances } from './mahalanobis.ts'
export { neighbourDistances } from './nearest-neighbours.ts'
export { medianFences, type OutlierFences, tukeyFences } from './quantile-rules.ts'
export { type SeasonalResiduals, seasonalResiduals } from './seasonal-residuals.ts'
