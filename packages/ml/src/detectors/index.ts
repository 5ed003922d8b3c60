export { type Adwin, type AdwinOptions, type AdwinState, adwin } from './adwin.ts'
export {
  type CalibratedDetector,
  calibrateDetector,
  DETECTOR_NAMES,
  type DetectorName,
} from './calibrate-detector.ts'
export { type Cusum, type CusumOptions, type CusumState, cusum } from './cusum.ts'
export { type DdmOptions, type DdmState, ddm } from './ddm.ts'
export type { OnlineDetector, Signal } from './detector.ts'
export { type EddmOptions, type EddmState, eddm } from './eddm.ts'
export { type HddmAState, type HddmOptions, hddmA } from './hddm-a.ts'
export { type HddmWOptions, type HddmWState, hddmW } from './hddm-w.ts'
export { type KswinOptions, type KswinState, kswin } from './kswin.ts'
export { type PageHinkleyOptions, type PageHinkleyState, pageHinkley } from './page-hinkley.ts'
export {
  type CalibratedThreshold,
  calibrateRunLength,
  type RunLength,
  type RunLengthOptions,
  runLength,
} from './run-length.ts'
export { type StepdOptions, type StepdState, stepd } from './stepd.ts'
