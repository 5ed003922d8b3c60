import type { FeatureService } from '../../features/index.ts'
import type { LoggedPredictions, Statistic, TimeSpan } from '../model.ts'
import { statisticOf } from '../statistic.ts'
import { inputRows, type RowSource } from './sources.ts'

type Log = Pick<FeatureService['log'], 'rows' | 'span' | 'materializedBy'>

/** Values of a feature view as rows, by event time: what joins and the online store take them from. */
export class FeatureRows implements RowSource {
  readonly #log: Log
  /** Entities by the event times of their rows, from reading a window to telling of it. */
  readonly #entities = new WeakMap<Float64Array, number>()

  constructor(log: Log) {
    this.#log = log
  }

  async rows(view: string, span: TimeSpan): Promise<LoggedPredictions> {
    const { at, features, entities, datasetVersion } = await this.#log.rows(view, span)
    this.#entities.set(at, entities)
    return inputRows(at, features, datasetVersion)
  }

  span(view: string): Promise<TimeSpan | undefined> {
    return this.#log.span(view)
  }

  /** How many entities had values, and how far the online store was behind when the window ended. */
  async statistics(
    view: string,
    { to }: TimeSpan,
    { at }: LoggedPredictions,
  ): Promise<readonly Statistic[]> {
    const reached = await this.#log.materializedBy(view, to)
    const late = {
      metric: 'freshness:online',
      method: 'seconds-behind-window-end',
      rows: at.length,
    }
    return [
      statisticOf({
        metric: 'volume:entities',
        method: 'distinct-keys',
        value: this.#entities.get(at) ?? null,
        rows: at.length,
      }),
      reached === null
        ? statisticOf({
            ...late,
            value: null,
            note: 'nothing had been brought into the online store by the end of the window',
          })
        : statisticOf({ ...late, value: Math.max(0, to - reached) / 1000 }),
    ]
  }
}
