export {
  type LinearOptions,
  type LogisticOptions,
  logisticRegression,
  ridgeRegression,
} from './estimators.ts'
