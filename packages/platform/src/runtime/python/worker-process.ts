import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import { type AnswerFrame, encodeFrame, FrameReader } from './frames.ts'
import type { PrintedLines } from './printed-lines.ts'

export interface WorkerStart {
  readonly interpreter: string
  /** What the interpreter runs; the worker of Python models unless told. */
  readonly argv?: readonly string[]
  /** How messages name what computes; `the Python process of the model` unless told. */
  readonly title?: string
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly printed: PrintedLines
}

interface Waiting {
  readonly id: number
  readonly resolve: (answer: AnswerFrame) => void
  readonly reject: (failure: KaizenError) => void
}

const worker = fileURLToPath(new URL('./worker.py', import.meta.url))
const graceMs = 2000
export const pythonProcess = 'the Python process of the model'

/** One process that computes one question at a time; when it ends, the question in it fails. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #printed: PrintedLines
  readonly #title: string
  readonly #frames = new FrameReader()
  readonly #ended: Promise<void>
  readonly #onEnd: (why: string) => void
  #waiting: Waiting | undefined
  #nextId = 1
  #alive = true
  #why = ''

  /** `onEnd` is told once, with the reason, however it ends. */
  constructor(start: WorkerStart, onEnd: (why: string) => void) {
    this.#printed = start.printed
    this.#title = start.title ?? pythonProcess
    this.#onEnd = onEnd
    // A group of its own, so that what the model starts ends with it.
    this.#child = spawn(start.interpreter, [...(start.argv ?? ['-u', worker])], {
      cwd: start.folder,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: start.environment,
    })
    start.printed.follow(this.#child.stderr!)
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#read(chunk))
    // A pipe that breaks is followed by the end of the process.
    this.#child.stdin!.on('error', () => undefined)
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', ({ message }) => {
        this.#end(message)
        if (this.#child.pid === undefined) resolve()
      })
      this.#child.on('close', (code, signal) => {
        this.#end(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
        resolve()
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks; without an answer in time the process is ended, as there is no other way to stop it. @throws TIMEOUT, UNAVAILABLE */
  async ask(head: object, parts: readonly Uint8Array[], limitMs: number): Promise<AnswerFrame> {
    if (!this.#alive) throw this.#lost()
    if (this.#waiting) throw new TypeError('a worker answers one question at a time')
    const id = this.#nextId++
    const answer = new Promise<AnswerFrame>((resolve, reject) => {
      this.#waiting = { id, resolve, reject }
    })
    const timer = setTimeout(() => {
      const late = `it took longer than ${limitMs} ms`
      this.#waiting?.reject(
        new KaizenError('TIMEOUT', `${this.#title} was ended: ${late}`, {
          hint: 'Send fewer rows at once, or serve a faster model.',
        }),
      )
      this.kill(late)
    }, limitMs)
    const { stdin } = this.#child
    stdin!.cork()
    for (const part of encodeFrame({ ...head, id }, parts)) if (part.length > 0) stdin!.write(part)
    stdin!.uncork()
    try {
      return await answer
    } finally {
      clearTimeout(timer)
    }
  }

  kill(why: string): void {
    this.#end(why)
  }

  /** From here on nothing is asked of it, though the system may take a moment to end it. */
  #end(why: string): void {
    if (!this.#alive) return
    this.#alive = false
    this.#why = why
    this.#signal('SIGKILL')
    this.#waiting?.reject(this.#lost())
    this.#waiting = undefined
    this.#onEnd(why)
  }

  /** Lets it end by itself, and ends it when it does not. */
  async close(): Promise<void> {
    this.#child.stdin!.end()
    if (!this.#alive) this.#signal('SIGKILL')
    const timer = setTimeout(() => this.#signal('SIGKILL'), graceMs)
    await this.#ended
    clearTimeout(timer)
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        const waiting = this.#waiting
        if (waiting?.id !== frame.head.id) continue
        this.#waiting = undefined
        waiting.resolve(frame)
      }
    } catch (failure) {
      this.kill((failure as Error).message)
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // It has ended already.
    }
  }

  #lost(): KaizenError {
    const said =
      this.#printed.last === '' ? '' : `; it last printed: ${this.#printed.last.slice(0, 300)}`
    return new KaizenError('UNAVAILABLE', `${this.#title} is gone: ${this.#why}${said}`, {
      hint: 'Send the request again; the process is being started anew.',
    })
  }
}
