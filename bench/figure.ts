/** One line of the page: what was measured, beside a named peer where there is one, and what it should reach. */
export interface Figure {
  readonly what: string
  readonly kaizen: number
  readonly unit: string
  readonly peer?: { readonly name: string; readonly value: number }
  /** Bounds on Kaizen's figure, or on the ratio of Kaizen's to the peer's. */
  readonly reach?: Reach
}
export interface Reach {
  readonly of: 'figure' | 'ratio'
  readonly atMost?: number
  readonly atLeast?: number
}

export const ratioOf = ({ kaizen, peer }: Figure): number | undefined => peer && kaizen / peer.value

/** Whether a figure keeps its bounds; undefined without any, or without the peer that they are about. */
export function isReached(figure: Figure): boolean | undefined {
  const { reach } = figure
  const value = reach?.of === 'ratio' ? ratioOf(figure) : figure.kaizen
  if (!reach || value === undefined) return undefined
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = reach
  return value <= atMost && value >= atLeast
}

/** Where and with what a room's figures were measured. */
export interface Circumstances {
  readonly measuredAt: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  /** Processes that wanted a processor, the minute before: above the cores, others were at work too. */
  readonly loadBefore: number | null
  readonly versions: Readonly<Record<string, string>>
}
