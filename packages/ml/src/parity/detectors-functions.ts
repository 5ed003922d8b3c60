import { adwin } from '../detectors/adwin.ts'
import { cusum } from '../detectors/cusum.ts'
import { ddm } from '../detectors/ddm.ts'
import type { Signal } from '../detectors/detector.ts'
import { eddm } from '../detectors/eddm.ts'
import { hddmA } from '../detectors/hddm-a.ts'
import { hddmW } from '../detectors/hddm-w.ts'
import { kswin } from '../detectors/kswin.ts'
import { pageHinkley } from '../detectors/page-hinkley.ts'
import type { ParityFunction } from './parity-function.ts'
import { type Inputs, numbers, type Parameters } from './values.ts'

/** Indices of drifts, and of values at which a warning begins. */
export const follow = (inputs: Inputs, update: (value: number) => Signal) => {
  const drifts: number[] = []
  const warningStarts: number[] = []
  let before: Signal = 'stable'
  numbers(inputs, 'stream').forEach((value, i) => {
    const signal = update(value)
    if (signal === 'drift') drifts.push(i)
    if (signal === 'warning' && before !== 'warning') warningStarts.push(i)
    before = signal
  })
  return { drifts, warningStarts }
}

const options = <Options>(parameters: Parameters): Options => parameters as Options

/** The detectors family of the parity schema. */
export const DETECTORS_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  ddm: (inputs, parameters) => follow(inputs, ddm(options(parameters)).update),
  eddm: (inputs, parameters) => follow(inputs, eddm(options(parameters)).update),
  'hddm-a': (inputs, parameters) => follow(inputs, hddmA(options(parameters)).update),
  'hddm-w': (inputs, parameters) => follow(inputs, hddmW(options(parameters)).update),
  'page-hinkley': (inputs, parameters) => follow(inputs, pageHinkley(options(parameters)).update),
  adwin: (inputs, parameters) => {
    const detector = adwin(options(parameters))
    const { drifts } = follow(inputs, detector.update)
    return { drifts, finalWidth: detector.width, finalMean: detector.mean }
  },
  kswin: (inputs, parameters, { driftIn }) => {
    const [from, to] = driftIn as [number, number]
    const { drifts } = follow(inputs, kswin({ ...options<object>(parameters), seed: 7 }).update)
    return { driftIn: drifts.some((i) => i >= from && i < to) ? driftIn : drifts }
  },
  cusum: (inputs, parameters) => {
    const detector = cusum(options(parameters))
    let [first, firstDirection, alarms] = [null, null, 0] as [number | null, string | null, number]
    numbers(inputs, 'stream').forEach((value, i) => {
      if (detector.update(value) !== 'drift') return
      alarms++
      first ??= i
      firstDirection ??= detector.direction
    })
    return { first, firstDirection, alarms, mean: detector.mean, sd: detector.standardDeviation }
  },
}
