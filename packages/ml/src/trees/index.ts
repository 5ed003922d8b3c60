export { gradientBoosting } from './gradient-boosting.ts'
export { type ObjectiveName, objectiveNames } from './objectives.ts'
export type { BoostingOptions } from './options.ts'
