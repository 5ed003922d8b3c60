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
  /** On the clock of `performance.now()`. */
  readonly startedAt: number

  private constructor(child: ChildProcess, url: string, startedAt: number) {
    this.#child = child
    this.url = url
    this.startedAt = startedAt
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
      if (ready) return new PeerProcess(child, url, startedAt)
      await sleep(10)
    }
    await stop(child)
    throw new Error(`${command} ${argv.join(' ')} was not ready in time`)
  }

  /** Processor time used so far, in seconds, of all its processes. */
  cpuSeconds(): number {
    return this.#stats().reduce((sum, { ticks }) => sum + ticks, 0) / clockTicksPerSecond
  }

  /** Memory in use by all its processes, in megabytes; pages that they share count for each. */
  residentMb(): number {
    return (this.#stats().reduce((sum, { pages }) => sum + pages, 0) * pageBytes) / 2 ** 20
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#child)
  }

  /** Of its process group, and of all that its processes have started. */
  #stats(): readonly ProcessStat[] {
    const all = processes()
    const ours = new Set([this.#child.pid])
    for (let before = -1; before < ours.size; ) {
      before = ours.size
      for (const { pid, parent, group } of all) {
        if (group === this.#child.pid || ours.has(parent)) ours.add(pid)
      }
    }
    return all.filter(({ pid }) => ours.has(pid))
  }
}

interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly ticks: number
  readonly pages: number
}

function processes(): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const fields = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        const [, parent = 0, group = 0] = fields
        const ticks = fields[11]! + fields[12]!
        return [{ pid: Number(name), parent, group, ticks, pages: fields[21]! }]
      } catch {
        return []
      }
    })
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
