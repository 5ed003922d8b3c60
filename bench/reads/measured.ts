/** One figure of one server. */
export interface Measured {
  readonly work: string
  readonly unit: string
  readonly value: number
}
