import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'

/** What starts it for users, so that the demo shows their times and their memory. */
const launcher = fileURLToPath(new URL('../../../../kaizen', import.meta.url))
const readyWithinMs = 60_000

export interface ServerProcessOptions {
  readonly dataDir: string
  /** ISO time at which the replay clock starts. */
  readonly replayFrom?: string
  /** The same port again after a restart; 0 takes a free one the first time. */
  readonly port?: number
  readonly extraArguments?: readonly string[]
}

/** `kaizen server` as a process of its own, started again on the same port and data when it dies. */
export class ServerProcess implements AsyncDisposable {
  readonly #options: ServerProcessOptions
  #child: ChildProcess | undefined
  #address: string | undefined
  #starting: Promise<string> | undefined
  /** That the one before, which was killed, has let go of its port and its data. */
  #ended: Promise<unknown> | undefined
  #stopped = false
  starts = 0

  constructor(options: ServerProcessOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves with the address when the server is ready; starts it if it does not run. */
  async ready(): Promise<string> {
    // One that is starting again has its address already, and does not answer there yet.
    const runs = this.#child?.exitCode === null && this.#child.signalCode === null
    if (runs && this.#address && !this.#starting) return this.#address
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  /** Ends the server as a power cut would; from now on it is not ready. */
  kill(): void {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.#child = undefined
    this.#ended = once(child, 'exit')
    child.kill('SIGKILL')
  }

  /** Asks the server to drain, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  async #start(): Promise<string> {
    await this.#ended
    if (this.#stopped) throw new KaizenError('UNAVAILABLE', 'the server has been stopped')
    const { dataDir, replayFrom, extraArguments = [] } = this.#options
    const port = this.#address ? new URL(this.#address).port : String(this.#options.port ?? 0)
    const child = spawn(
      launcher,
      [
        'server',
        '--json',
        '--port',
        port,
        '--data-dir',
        dataDir,
        ...(replayFrom === undefined ? [] : ['--replay-from', replayFrom]),
        ...extraArguments,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#child = child
    this.starts++
    this.#address = await readyAddress(child)
    return this.#address
  }
}

async function readyAddress(child: ChildProcess): Promise<string> {
  const timeout = AbortSignal.timeout(readyWithinMs)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream, signal: timeout })
  for await (const line of lines) {
    const ready = JSON.parse(line) as { readonly address: string }
    lines.close()
    child.stdout?.resume()
    return ready.address
  }
  throw new KaizenError('UNAVAILABLE', 'the server ended before it was ready', {
    hint: 'Its own message stands above.',
  })
}
