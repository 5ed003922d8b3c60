import { type ChildProcess, spawn } from 'node:child_process'
import { setImmediate as breathe } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import type { MetricAnswer, MetricRequest, WireColumn, WireSide } from '@kaizen/sdk/metric-run'
import { type Bundle, BundleFolders, endGroup, yieldToServing } from '../../pipelines/index.ts'
import type { BlobStore } from '../../storage/index.ts'

const main = fileURLToPath(import.meta.resolve('@kaizen/sdk/metric-main'))
/** A process that nobody asks ends after this long. */
const idleMs = 30_000
/** Between asking a process to end and ending it. */
const graceMs = 500
const heapMb = 1024

export interface MetricTask {
  readonly bundle: Bundle
  readonly columns: readonly { readonly side: WireSide; readonly column: WireColumn }[]
  readonly run: Omit<Extract<MetricRequest, { kind: 'run' }>, 'kind' | 'id'>
  readonly timeoutMs: number
}

/** What is said of a window: the figures of each part, or why there are none. */
export type MetricSaid =
  | Extract<MetricAnswer, { parts: unknown }>['parts']
  | { readonly failure: string }

export interface MetricRunner extends AsyncDisposable {
  /** @throws UNAVAILABLE when the server ends meanwhile */
  run(task: MetricTask): Promise<MetricSaid>
}

/** A process that is up, for one bundle. */
interface Running {
  readonly child: ChildProcess
  readonly bundle: string
  /** Answers when the process has ended: by what, and its last words. */
  readonly ended: Promise<string>
}

/**
 * Computes custom metrics in one process beside the server, a window at a time. It stays warm for the windows that
 * follow; one that takes too long, or ends by itself, is a reason, and the next window gets a new one.
 */
export class MetricProcess implements MetricRunner {
  readonly #bundles: BundleFolders
  readonly #environment: Readonly<Record<string, string>>
  #running: Running | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined
  #nextId = 1
  #closed = false

  constructor(options: {
    readonly blobs: BlobStore
    /** Folder of bundles. */
    readonly folder: string
    readonly environment: Readonly<Record<string, string>>
  }) {
    this.#bundles = new BundleFolders(options.folder, options.blobs)
    this.#environment = options.environment
  }

  run(task: MetricTask): Promise<MetricSaid> {
    const said = this.#turn.then(() => this.#run(task))
    this.#turn = said.catch(() => undefined)
    return said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#end()
    await this.#turn
  }

  async #run(task: MetricTask): Promise<MetricSaid> {
    clearTimeout(this.#idle)
    if (this.#closed) throw shuttingDown()
    const running = await this.#started(task.bundle)
    const id = this.#nextId++
    const late = Symbol('late')
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<typeof late>((resolve) => {
      timer = setTimeout(() => resolve(late), task.timeoutMs)
    })
    const said = await Promise.race([this.#ask(running, id, task), running.ended, timeout])
    clearTimeout(timer)
    if (typeof said === 'object') {
      this.#idle = setTimeout(() => void this.#end(), idleMs).unref()
      return 'parts' in said ? said.parts : { failure: said.failure }
    }
    // What the end of the server cut off has not failed: the window closes in its next life.
    if (this.#closed) throw shuttingDown()
    await this.#end()
    return {
      failure: said === late ? `took longer than ${task.timeoutMs} ms and was ended` : String(said),
    }
  }

  async #ask(running: Running, id: number, task: MetricTask): Promise<MetricAnswer> {
    const { child } = running
    const answered = new Promise<MetricAnswer>((resolve) => {
      const listen = (answer: MetricAnswer): void => {
        if (answer?.id !== id) return
        child.off('message', listen)
        resolve(answer)
      }
      child.on('message', listen)
    })
    for (const { side, column } of task.columns) {
      child.send({ kind: 'column', side, column } satisfies MetricRequest, () => undefined)
      await breathe()
    }
    child.send({ kind: 'run', id, ...task.run } satisfies MetricRequest, () => undefined)
    return answered
  }

  async #started(bundle: Bundle): Promise<Running> {
    const known = this.#running
    if (known?.bundle === bundle.digest && known.child.connected) return known
    await this.#end()
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, main], {
      cwd: await this.#bundles.folderOf(bundle),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...this.#environment },
    })
    if (child.pid !== undefined) yieldToServing(child.pid)
    this.#running = { child, bundle: bundle.digest, ended: endOf(child) }
    return this.#running
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle)
    const running = this.#running
    this.#running = undefined
    if (running?.child.pid === undefined) return
    await endGroup(running.child.pid, graceMs)
    await running.ended
  }
}

const shuttingDown = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the server is shutting down', {
    hint: 'The window is closed when it runs again.',
  })

function endOf(child: ChildProcess): Promise<string> {
  let lastWords = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-4096)
  })
  return new Promise((resolve) => {
    child.once('error', (failure) => resolve(`its process cannot start: ${failure.message}`))
    child.once('exit', (code, signal) => {
      const line = lastWords
        .trimEnd()
        .split('\n')
        .find((text) => /error/i.test(text))
        ?.trim()
      const how = signal ? `was ended by the signal ${signal}` : `ended with status ${code}`
      resolve(`its process ${how}${line ? `: ${line.slice(0, 500)}` : ''}`)
    })
  })
}
