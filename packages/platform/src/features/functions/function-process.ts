import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import type { OnDemandAnswered, OnDemandQuestion } from '@kaizen/sdk/on-demand-run'

const main = fileURLToPath(import.meta.resolve('@kaizen/sdk/on-demand-main'))
const heapMb = 512
/** Beside its own time a function's first question has this long: its project is loaded. */
const loadMs = 15_000
/** Questions that wait for the one before them. */
const mostWaiting = 256

export type Question = Omit<OnDemandQuestion, 'id'>

interface Waiting {
  readonly question: Question
  readonly timeoutMs: number
  readonly resolve: (answer: OnDemandAnswered) => void
  readonly reject: (failure: KaizenError) => void
}

/** A process for the functions of one bundle: asked one question after the other, begun anew when one takes too long. */
export class FunctionProcess {
  readonly #folder: string
  readonly #environment: Readonly<Record<string, string>>
  readonly #queue: Waiting[] = []
  readonly #known = new Set<string>()
  #child: ChildProcess | undefined
  #asked: Waiting | undefined
  #timer: NodeJS.Timeout | undefined
  #words = ''
  #nextId = 1
  #closed = false
  /** When it was asked last, by a clock that only goes forward. */
  usedAt = performance.now()

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder
    this.#environment = environment
  }

  get isIdle(): boolean {
    return this.#asked === undefined && this.#queue.length === 0
  }

  /** @throws TIMEOUT, OVERLOADED, UNAVAILABLE */
  ask(question: Question, timeoutMs: number): Promise<OnDemandAnswered> {
    this.usedAt = performance.now()
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(ended('the server is shutting down'))
      if (this.#queue.length >= mostWaiting) {
        return reject(
          new KaizenError('OVERLOADED', `${mostWaiting} requests wait for on-demand features`, {
            hint: 'Ask again in a moment, with more rows in each request.',
          }),
        )
      }
      this.#queue.push({ question, timeoutMs, resolve, reject })
      this.#next()
    })
  }

  close(): void {
    this.#closed = true
    this.#stop()
    for (const { reject } of [...(this.#asked ? [this.#asked] : []), ...this.#queue.splice(0)])
      reject(ended('the server is shutting down'))
    this.#asked = undefined
  }

  #next(): void {
    if (this.#asked) return
    const next = this.#queue.shift()
    if (!next) return
    this.#asked = next
    const child = this.#started()
    const id = this.#nextId++
    const name = `${next.question.module}\n${next.question.export}`
    const limitMs = next.timeoutMs + (this.#known.has(name) ? 0 : loadMs)
    this.#timer = setTimeout(() => {
      this.#stop()
      this.#settle(({ reject }) =>
        reject(
          new KaizenError('TIMEOUT', `it took longer than ${next.timeoutMs} ms and was ended`, {
            hint: 'Make the function faster, or give its view a longer timeout.',
          }),
        ),
      )
    }, limitMs)
    const listen = (answer: OnDemandAnswered): void => {
      if (answer?.id !== id) return
      child.off('message', listen)
      this.#known.add(name)
      this.#settle(({ resolve }) => resolve(answer))
    }
    child.on('message', listen)
    child.send({ id, ...next.question } satisfies OnDemandQuestion, () => undefined)
  }

  #settle(how: (asked: Waiting) => void): void {
    clearTimeout(this.#timer)
    const asked = this.#asked
    this.#asked = undefined
    if (asked) how(asked)
    this.#next()
  }

  #started(): ChildProcess {
    if (this.#child) return this.#child
    this.#known.clear()
    this.#words = ''
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, main], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...this.#environment },
    })
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-4096)
    })
    const gone = (how: string): void => {
      if (this.#child !== child) return
      this.#child = undefined
      this.#settle(({ reject }) => reject(ended(`its process ${how}`)))
    }
    child.once('error', (failure) => gone(`cannot start: ${failure.message}`))
    child.once('exit', (code, signal) => {
      const line = this.#words.split('\n').find((text) => /error/i.test(text))
      const why = line === undefined ? '' : `: ${line.trim().slice(0, 500)}`
      gone(`${signal ? `was ended by ${signal}` : `ended with status ${code}`}${why}`)
    })
    // A process that nobody asks keeps no server alive.
    child.unref()
    child.channel?.unref()
    return child
  }

  #stop(): void {
    clearTimeout(this.#timer)
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGKILL')
  }
}

const ended = (message: string): KaizenError =>
  new KaizenError('UNAVAILABLE', message, { hint: 'Ask again; a new process takes its place.' })
