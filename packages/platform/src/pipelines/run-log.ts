import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogLine } from './model.ts'

type Stream = LogLine['stream']
const newline = 10
const longestLineBytes = 16 * 1024

/**
 * The log of a run: one file to which every step appends lines of JSON as they come. A line is named by the position
 * of its end in the file, so a reader goes on where it stopped without an index.
 */
export class RunLog implements AsyncDisposable {
  readonly #file: FileHandle
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Opens for appending; a line that a crash left unfinished is closed. */
  static async open(path: string): Promise<RunLog> {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'a+')
    const { size } = await file.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await file.read(last, 0, 1, size - 1)
    if (size > 0 && last[0] !== newline) await file.write('\n')
    return new RunLog(file)
  }

  /** Resolves when the text is in the file. */
  append(text: string): Promise<void> {
    const written = this.#tail.then(async () => {
      await this.#file.write(text)
    })
    this.#tail = written.catch(() => undefined)
    return written
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail
    await this.#file.close()
  }
}

/** What one attempt of a step prints, as lines of a run's log; past `maxBytes` it is counted and left out. */
export class StepLog {
  readonly #log: RunLog
  readonly #node: string
  readonly #now: () => number
  readonly #maxBytes: number
  readonly #partial: Record<Stream, Buffer> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    system: Buffer.alloc(0),
  }
  #written = 0
  #leftOut = 0

  constructor(options: {
    readonly log: RunLog
    readonly node: string
    readonly now: () => number
    readonly maxBytes: number
  }) {
    this.#log = options.log
    this.#node = options.node
    this.#now = options.now
    this.#maxBytes = options.maxBytes
  }

  /** Takes bytes as they come; resolves when more may come, so that memory stays bounded. */
  async write(stream: Stream, chunk: Uint8Array): Promise<void> {
    if (this.#written >= this.#maxBytes && stream !== 'system') {
      if (this.#leftOut === 0) await this.say(`output past ${this.#maxBytes} bytes is left out`)
      this.#leftOut += chunk.length
      return
    }
    const bytes = Buffer.concat([this.#partial[stream], chunk])
    const lines: string[] = []
    let start = 0
    for (;;) {
      const end = bytes.indexOf(newline, start)
      if (end >= 0 && end - start <= longestLineBytes) {
        lines.push(bytes.toString('utf8', start, end))
        start = end + 1
      } else if (bytes.length - start > longestLineBytes) {
        lines.push(bytes.toString('utf8', start, start + longestLineBytes))
        start += longestLineBytes
      } else break
    }
    this.#partial[stream] = Buffer.from(bytes.subarray(start))
    await this.#append(stream, lines)
  }

  /** A line of Kaizen's own. */
  async say(text: string): Promise<void> {
    await this.#append('system', [text])
  }

  /** Closes unfinished lines and says how much was left out. */
  async end(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#partial[stream]
      this.#partial[stream] = Buffer.alloc(0)
      if (rest.length > 0) await this.#append(stream, [rest.toString('utf8')])
    }
    if (this.#leftOut > 0) await this.say(`${this.#leftOut} bytes of output were left out`)
    this.#leftOut = 0
  }

  async #append(stream: Stream, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    const head = `{"node":${JSON.stringify(this.#node)},"stream":"${stream}","at":${this.#now()},"text":`
    const text = lines
      .map((line) => `${head}${JSON.stringify(line.replace(/\r$/, ''))}}\n`)
      .join('')
    this.#written += text.length
    await this.#log.append(text)
  }
}

/** How much of a file one question reads at most: an answer may be empty though there is more. */
const windowBytes = 1024 * 1024

export interface LogQuestion {
  readonly node?: string | undefined
  /** The position after which to go on: 0, or `next` of the answer before. */
  readonly after: number
  readonly limit: number
}
export interface LogAnswer {
  readonly lines: readonly LogLine[]
  readonly next: number
  /** Nothing more stood in the file when it was read. */
  readonly atEnd: boolean
}

/** Lines of a run's log after a position; of a log that does not exist yet, none. */
export async function readRunLog(path: string, question: LogQuestion): Promise<LogAnswer> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return { lines: [], next: question.after, atEnd: true }
  try {
    const buffer = Buffer.alloc(windowBytes)
    const { bytesRead } = await file.read(buffer, 0, windowBytes, question.after)
    const { size } = await file.stat()
    return pick(buffer.subarray(0, bytesRead), question, size)
  } finally {
    await file.close()
  }
}

function pick(bytes: Buffer, question: LogQuestion, size: number): LogAnswer {
  const wanted = question.node === undefined ? '{' : `{"node":${JSON.stringify(question.node)},`
  const lines: LogLine[] = []
  let start = 0
  while (lines.length < question.limit) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) break
    const text = bytes.toString('utf8', start, end)
    start = end + 1
    const line = text.startsWith(wanted) ? parseLine(text, question.after + start) : undefined
    if (line) lines.push(line)
  }
  const next = question.after + start
  return { lines, next, atEnd: next >= size }
}

/** A line that a crash cut short is no line. */
function parseLine(text: string, n: number): LogLine | undefined {
  try {
    return { n, ...(JSON.parse(text) as Omit<LogLine, 'n'>) }
  } catch {
    return undefined
  }
}
