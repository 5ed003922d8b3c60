/** A node as the scheduler sees it. */
export interface ScheduledNode {
  readonly id: string
  readonly dependsOn: readonly string[]
}

export type NodeOutcome = 'succeeded' | 'failed'

/**
 * Which nodes may start: a node starts once, after all that it depends on has succeeded, and nothing starts after a
 * failure. A state machine without I/O; it does the same on the same calls, in time linear in nodes and edges.
 */
export class Schedule {
  readonly #waitingFor = new Map<string, number>()
  readonly #dependents = new Map<string, string[]>()
  readonly #running = new Set<string>()
  #ready: string[] = []
  #left: number
  #failed = false

  /** @param finished nodes that succeeded before, when a run is taken up again */
  constructor(nodes: readonly ScheduledNode[], finished: ReadonlySet<string> = new Set()) {
    this.#left = nodes.length
    for (const { id, dependsOn } of nodes) {
      const open = [...new Set(dependsOn)]
      this.#waitingFor.set(id, open.length)
      for (const dependency of open) {
        const dependents = this.#dependents.get(dependency)
        if (dependents) dependents.push(id)
        else this.#dependents.set(dependency, [id])
      }
    }
    for (const { id, dependsOn } of nodes) if (dependsOn.length === 0) this.#ready.push(id)
    // Finished nodes pass through in order of readiness, as they once did.
    for (let passed = true; passed; ) {
      const again = this.#ready.filter((id) => finished.has(id))
      this.#ready = this.#ready.filter((id) => !finished.has(id))
      for (const id of again) this.#pass(id)
      passed = again.length > 0
    }
  }

  /** Nodes that may start now; they count as running from here on. */
  take(): readonly string[] {
    if (this.#failed) return []
    const ready = this.#ready
    this.#ready = []
    for (const id of ready) this.#running.add(id)
    return ready
  }

  /** Tells how a running node ended. */
  end(id: string, outcome: NodeOutcome): void {
    if (!this.#running.delete(id)) throw new RangeError(`node "${id}" is not running`)
    if (outcome === 'succeeded') this.#pass(id)
    else this.#failed = true
  }

  /** Over when nothing runs and nothing will start. */
  get outcome(): NodeOutcome | undefined {
    if (this.#running.size > 0) return undefined
    if (this.#failed) return 'failed'
    return this.#left === 0 ? 'succeeded' : undefined
  }

  #pass(id: string): void {
    this.#left--
    for (const dependent of this.#dependents.get(id) ?? []) {
      const open = (this.#waitingFor.get(dependent) ?? 0) - 1
      this.#waitingFor.set(dependent, open)
      if (open === 0) this.#ready.push(dependent)
    }
  }
}
