import type { GateDecision } from '@kaizen/contracts'

export interface MetricRow {
  readonly metric: string
  readonly candidate: number | null
  readonly champion: number | null
  /** Candidate minus champion; null where either is missing. */
  readonly difference: number | null
}

/** Every metric that either side was scored with, the deciding one first. */
export function metricRows(gate: GateDecision): readonly MetricRow[] {
  const names = new Set([
    gate.metric,
    ...Object.keys(gate.candidate),
    ...Object.keys(gate.champion ?? {}),
  ])
  return [...names].map((metric) => {
    const candidate = gate.candidate[metric] ?? null
    const champion = gate.champion?.[metric] ?? null
    return {
      metric,
      candidate,
      champion,
      difference: candidate === null || champion === null ? null : candidate - champion,
    }
  })
}

/** An interval on a line of 0 to 100 %, with where zero and the required bound stand. */
export interface IntervalShape {
  readonly lower: number
  readonly estimate: number
  readonly upper: number
  readonly zero: number
  readonly required: number
}

export function intervalShape(gate: GateDecision): IntervalShape | null {
  const { improvement, rule } = gate
  if (!improvement) return null
  const points = [
    improvement.lower,
    improvement.estimate,
    improvement.upper,
    0,
    rule.minImprovement,
  ]
  const low = Math.min(...points)
  const room = (Math.max(...points) - low || 1) * 0.08
  const span = Math.max(...points) - low + 2 * room
  const at = (value: number) => Math.round(((value - low + room) / span) * 1000) / 10
  return {
    lower: at(improvement.lower),
    estimate: at(improvement.estimate),
    upper: at(improvement.upper),
    zero: at(0),
    required: at(rule.minImprovement),
  }
}
