import type { Inputs } from '../batching.ts'
import type { BatchRule, RanIn, Tensor } from '../model.ts'

/** A request that waits to be computed, or is. */
export interface Job {
  readonly inputs: Inputs
  readonly rows: number
  readonly elements: number
  readonly rule: BatchRule
  /** When it arrived, by the clock that never goes back. */
  readonly arrivedAt: number
  readonly resolve: (outputs: readonly Tensor[], ran: RanIn) => void
  readonly reject: (failure: unknown) => void
}

/** What one run holds at most, besides what its rule says. */
export interface RunLimits {
  readonly mostElements?: number
  readonly mostJobs?: number
}

/** Requests that wait, by group; groups take turns, each in order of arrival. */
export class RunQueue<J extends Job = Job> {
  readonly #groups = new Map<string, J[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Jobs of one group may be computed together. */
  push(group: string, job: J): void {
    const jobs = this.#groups.get(group)
    if (jobs) jobs.push(job)
    else this.#groups.set(group, [job])
    this.#size++
  }

  /** What to compute next: the jobs of the group whose turn it is, as many as fit; undefined while all may wait longer. */
  take(now: number, limits: RunLimits = {}): readonly J[] | undefined {
    for (const [name, jobs] of this.#groups) {
      if (!isRipe(jobs, now)) continue
      const count = fitting(jobs, limits)
      const taken = jobs.splice(0, count)
      this.#groups.delete(name)
      if (jobs.length > 0) this.#groups.set(name, jobs)
      this.#size -= count
      return taken
    }
    return undefined
  }

  /** Milliseconds until the first group may no longer wait; undefined while nothing waits. */
  dueInMs(now: number): number | undefined {
    let due: number | undefined
    for (const [first] of this.#groups.values()) {
      const left = first!.arrivedAt + first!.rule.maxDelayMs - now
      if (due === undefined || left < due) due = left
    }
    return due
  }

  /** Takes out what arrived before a time. */
  expire(before: number): readonly J[] {
    const expired: J[] = []
    for (const [name, jobs] of this.#groups) {
      const kept = jobs.findIndex(({ arrivedAt }) => arrivedAt >= before)
      if (kept === 0) continue
      expired.push(...jobs.splice(0, kept < 0 ? jobs.length : kept))
      if (jobs.length === 0) this.#groups.delete(name)
    }
    this.#size -= expired.length
    return expired
  }
}

function isRipe(jobs: readonly Job[], now: number): boolean {
  const { arrivedAt, rule } = jobs[0]!
  if (now - arrivedAt >= rule.maxDelayMs) return true
  let rows = 0
  for (const job of jobs) rows += job.rows
  return rows >= rule.maxRows
}

/** How many jobs from the first on make one run: one at least, whatever its size. */
function fitting(jobs: readonly Job[], limits: RunLimits): number {
  const { mostElements = Number.POSITIVE_INFINITY, mostJobs = Number.POSITIVE_INFINITY } = limits
  const { maxRows } = jobs[0]!.rule
  let rows = 0
  let elements = 0
  let count = 0
  for (const job of jobs) {
    rows += job.rows
    elements += job.elements
    if (count > 0 && (rows > maxRows || elements > mostElements || count >= mostJobs)) break
    count++
  }
  return count
}
