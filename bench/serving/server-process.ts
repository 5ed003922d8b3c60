import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const clockTicksPerSecond = 100

/** A program in a process of its own that prints its address, or anything, when it is ready. */
export class BenchProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** A module of this benchmark, on this Node. */
  static start(module: string, ...argv: readonly string[]): Promise<BenchProcess> {
    return BenchProcess.run(process.execPath, module, ...argv)
  }

  static async run(program: string, ...argv: readonly string[]): Promise<BenchProcess> {
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface(child.stdout!)) {
      const url = /http:\/\/[\w.]+:\d+/.exec(line)?.[0]
      if (url !== undefined || line === 'ready') return new BenchProcess(child, url ?? '')
    }
    throw new Error(`${argv.join(' ')} ended before it was ready`)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Processor time used so far, in seconds, of all its threads, and of processes of its that have ended. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / clockTicksPerSecond
  }

  /** Memory in use, in megabytes. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill(this.url === '' ? 'SIGKILL' : 'SIGTERM')
    const forced = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await once(this.#child, 'exit')
    clearTimeout(forced)
  }
}
