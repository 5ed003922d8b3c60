/** A part whose work falls due as time passes: windows that close, schedules, rollout steps. */
export interface Ticker {
  readonly name: string
  /** Does what is due by `now`, a time of the server's clock; answers whether there was anything. */
  tick(now: number): Promise<boolean>
}
