import { type ChildProcess, spawn } from 'node:child_process'

const idleMs = 60_000
const mostSpares = 2

interface Spare {
  readonly child: ChildProcess
  readonly timer: NodeJS.Timeout
}

/**
 * Node processes that have loaded what their steps need and wait for one: the start of a process is paid for before
 * it is asked for. Each serves a single step. A spare that is not needed for a minute ends.
 */
export class SpareProcesses implements Disposable {
  readonly #environment: Readonly<Record<string, string>>
  readonly #spares = new Map<string, Spare>()

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment
  }

  /** Starts a spare for a main module unless one waits. */
  warm(main: string): void {
    if (this.#spares.has(main)) return
    const oldest = this.#spares.keys().next().value
    if (this.#spares.size >= mostSpares && oldest !== undefined) this.#drop(oldest)
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      env: this.#environment,
    })
    const timer = setTimeout(() => this.#drop(main), idleMs).unref()
    child.once('error', () => this.#forget(main, child))
    child.once('exit', () => this.#forget(main, child))
    child.unref()
    child.channel?.unref()
    this.#spares.set(main, { child, timer })
  }

  /** Hands out a spare; one that is still loading reads its assignment when it has loaded. */
  take(main: string): ChildProcess | undefined {
    const spare = this.#spares.get(main)
    if (!spare?.child.connected) return undefined
    this.#spares.delete(main)
    clearTimeout(spare.timer)
    spare.child.ref()
    return spare.child
  }

  [Symbol.dispose](): void {
    for (const main of [...this.#spares.keys()]) this.#drop(main)
  }

  #drop(main: string): void {
    const spare = this.#spares.get(main)
    if (!spare) return
    this.#spares.delete(main)
    clearTimeout(spare.timer)
    spare.child.kill('SIGKILL')
  }

  #forget(main: string, child: ChildProcess): void {
    if (this.#spares.get(main)?.child !== child) return
    clearTimeout(this.#spares.get(main)?.timer)
    this.#spares.delete(main)
  }
}
