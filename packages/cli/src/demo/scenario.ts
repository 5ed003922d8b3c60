/** What the demo replays: times are event times, UTC. */
export const scenario = {
  /** The first model learns from 2011-01-01 until here. */
  start: Date.UTC(2011, 3, 1),
  end: Date.UTC(2013, 0, 1),
  /** Ground truth arrives so much later. */
  labelDelayMs: 24 * 3_600_000,
  /** The clock moves in steps of this length. */
  stepMs: 6 * 3_600_000,
  endpoint: 'bike-demand',
  frozenEndpoint: 'bike-demand-frozen',
  monitor: 'bike-watch',
  policy: 'bike-loop',
  dataset: 'rides',
  model: 'bike-demand',
  /** The upstream feed delivers degrees Celsius where shares of 41 and 50 degrees are agreed. */
  wrongUnit: {
    from: Date.UTC(2011, 8, 13),
    to: Date.UTC(2011, 8, 16),
    label: 'temperatures in the wrong unit',
  },
  /** A candidate is asked for with a window that is far too short. */
  truncatedWindow: {
    at: Date.UTC(2012, 4, 22),
    length: '1d',
    label: 'candidate trained on a truncated window',
  },
} as const

/** Rows as the feed delivers them: during the incident, in the wrong unit. */
export function delivered(
  at: number,
  inputs: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const { from, to } = scenario.wrongUnit
  if (at < from || at >= to) return inputs
  return {
    ...inputs,
    temp: (inputs['temp'] ?? Number.NaN) * 41,
    atemp: (inputs['atemp'] ?? Number.NaN) * 50,
  }
}
