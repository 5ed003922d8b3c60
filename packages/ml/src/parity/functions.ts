import { DETECTORS_FUNCTIONS } from './detectors-functions.ts'
import { DRIFT_FUNCTIONS } from './drift-functions.ts'
import { ESTIMATION_FUNCTIONS } from './estimation-functions.ts'
import { EXPLANATIONS_FUNCTIONS } from './explanations-functions.ts'
import { FAIRNESS_FUNCTIONS } from './fairness-functions.ts'
import { FURTHER_FUNCTIONS } from './further-functions.ts'
import { METRICS_FUNCTIONS } from './metrics-functions.ts'
import type { ParityFunction } from './parity-function.ts'
import { PROFILE_FUNCTIONS } from './profile-functions.ts'
import { SEQUENTIAL_FUNCTIONS } from './sequential-functions.ts'
import { VALIDATION_FUNCTIONS } from './validation-functions.ts'

/** Every function of the parity schema by its name there, and what this package has beyond it. */
export const PARITY_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  ...FURTHER_FUNCTIONS,
  ...DRIFT_FUNCTIONS,
  ...METRICS_FUNCTIONS,
  ...ESTIMATION_FUNCTIONS,
  ...VALIDATION_FUNCTIONS,
  ...EXPLANATIONS_FUNCTIONS,
  ...PROFILE_FUNCTIONS,
  ...DETECTORS_FUNCTIONS,
  ...FAIRNESS_FUNCTIONS,
  ...SEQUENTIAL_FUNCTIONS,
}
