import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { yieldToServing } from './process-group.ts'

const idleMs = 60_000
const mostSpares = 2
/** A process makes room for a fresh one after so many steps, whatever it has gathered meanwhile. */
const mostSteps = 50

interface Spare {
  readonly main: string
  readonly child: ChildProcess
  /** Stops watching over it. */
  readonly leave: () => void
}

/**
 * Node processes that have loaded what their steps need and wait for one: the start of a process is paid for before
 * it is asked for. Some serve a single step; one that stays comes back after each. A spare that is not needed for a
 * minute ends.
 */
export class SpareProcesses implements Disposable {
  readonly #environment: Readonly<Record<string, string>>
  /** The longest waiting first. */
  #spares: Spare[] = []
  readonly #steps = new WeakMap<ChildProcess, number>()

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment
  }

  /** Starts a spare for a main module unless one waits. */
  warm(main: string): void {
    if (this.#spares.some((spare) => spare.main === main)) return
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      env: this.#environment,
    })
    // It loads while others are answered.
    if (child.pid !== undefined) yieldToServing(child.pid)
    this.#wait(main, child)
  }

  /** Hands out a spare; one that is still loading reads its assignment when it has loaded. */
  take(main: string): ChildProcess | undefined {
    const spare = this.#spares.findLast((waiting) => waiting.main === main)
    if (!spare) return undefined
    this.#forget(spare)
    if (!spare.child.connected) return undefined
    this.#steps.set(spare.child, (this.#steps.get(spare.child) ?? 0) + 1)
    for (const handle of handlesOf(spare.child)) handle.ref()
    return spare.child
  }

  /** Takes back a process that stays, after its step has succeeded. */
  giveBack(main: string, child: ChildProcess): void {
    if (!child.connected) return
    if ((this.#steps.get(child) ?? 1) >= mostSteps) child.kill('SIGKILL')
    else this.#wait(main, child)
  }

  /** Whether the process waits here: then it runs no step. */
  holds(pid: number): boolean {
    return this.#spares.some(({ child }) => child.pid === pid)
  }

  [Symbol.dispose](): void {
    for (const spare of this.#spares) this.#drop(spare)
  }

  #wait(main: string, child: ChildProcess): void {
    const drop = (): void => this.#drop(spare)
    const forget = (): void => this.#forget(spare)
    const timer = setTimeout(drop, idleMs).unref()
    child.on('error', forget).on('exit', forget)
    const leave = (): void => {
      clearTimeout(timer)
      child.off('error', forget).off('exit', forget)
    }
    const spare: Spare = { main, child, leave }
    for (const handle of handlesOf(child)) handle.unref()
    this.#spares = [...this.#spares, spare]
    const [oldest] = this.#spares
    if (this.#spares.length > mostSpares && oldest) this.#drop(oldest)
  }

  #drop(spare: Spare): void {
    this.#forget(spare)
    spare.child.kill('SIGKILL')
  }

  #forget(spare: Spare): void {
    spare.leave()
    this.#spares = this.#spares.filter((other) => other !== spare)
  }
}

interface Handle {
  ref(): void
  unref(): void
}

/** What of a process would keep the server from ending. */
function handlesOf(child: ChildProcess): readonly Handle[] {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  return [child, ...(child.channel ? [child.channel] : []), ...(streams as unknown as Socket[])]
}
