import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const clockTicksPerSecond = 100
const pageBytes = 4096
const patienceMs = 120_000

export interface PeerStart {
  readonly command: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
  /** A path that answers 200 when the server can predict. */
  readonly readyPath: string
}

/** A server of another project, with every process that it starts. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: string
  /** From its start to its first answer that it is ready. */
  readonly startMs: number

  private constructor(child: ChildProcess, url: string, startMs: number) {
    this.#child = child
    this.url = url
    this.startMs = startMs
  }

  static async start({
    command,
    argv,
    cwd,
    port,
    env,
    readyPath,
  }: PeerStart): Promise<PeerProcess> {
    const startedAt = performance.now()
    // A group of its own, so that it ends with all its workers.
    const child = spawn(command, argv, {
      cwd,
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, ...env },
    })
    const url = `http://127.0.0.1:${port}`
    while (performance.now() - startedAt < patienceMs && child.exitCode === null) {
      const ready = await fetch(url + readyPath).then(
        ({ ok }) => ok,
        () => false,
      )
      if (ready) return new PeerProcess(child, url, performance.now() - startedAt)
      await sleep(20)
    }
    await stop(child)
    throw new Error(`${command} ${argv.join(' ')} was not ready in time`)
  }

  /** Processor time used so far, in seconds, of all its processes. */
  cpuSeconds(): number {
    const ticks = this.#stats().map((fields) => Number(fields[11]) + Number(fields[12]))
    return ticks.reduce((sum, each) => sum + each, 0) / clockTicksPerSecond
  }

  /** Memory in use by all its processes, in megabytes; pages that they share count for each. */
  residentMb(): number {
    const pages = this.#stats().map((fields) => Number(fields[21]))
    return (pages.reduce((sum, each) => sum + each, 0) * pageBytes) / 2 ** 20
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#child)
  }

  #stats(): string[][] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
          const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
          return Number(fields[2]) === this.#child.pid ? [fields] : []
        } catch {
          return []
        }
      })
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const ended = child.exitCode === null ? once(child, 'exit') : undefined
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
  await ended
}
