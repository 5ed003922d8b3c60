/** Settings that select a definition, recorded with the figure that they produced. */
export type MethodParameters = Readonly<Record<string, string | number | boolean>>

/** How large a difference is, whatever the sample size. */
export interface Effect {
  readonly name: string
  readonly value: number
}

export interface SampleSizes {
  readonly reference: number
  readonly current: number
}

/** A comparison of two samples: a statistical test, or a distance (then `pValue` is null). */
export interface Comparison {
  readonly method: string
  readonly parameters: MethodParameters
  readonly statistic: number
  readonly pValue: number | null
  readonly degreesOfFreedom?: number
  readonly effect: Effect
  readonly sizes: SampleSizes
}
