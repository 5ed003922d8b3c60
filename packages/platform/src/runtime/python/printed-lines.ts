import { createInterface } from 'node:readline'
import { type Readable, Transform } from 'node:stream'

const linesASecond = 50
const longestLine = 2000

/** Hands on what a process prints, so much a second; the rest is counted. */
export class PrintedLines {
  readonly #write: (line: string) => void
  readonly #now: () => number
  #second = 0
  #lines = 0
  #dropped = 0
  /** The last line, for the reason that a process ended. */
  last = ''

  constructor(write: (line: string) => void, now: () => number) {
    this.#write = write
    this.#now = now
  }

  follow(stream: Readable): void {
    createInterface({ input: stream.pipe(cutLines()) }).on('line', (line) => this.add(line))
  }

  add(line: string): void {
    if (line.trim() !== '') this.last = line.slice(0, longestLine)
    const second = Math.floor(this.#now() / 1000)
    if (second !== this.#second) {
      if (this.#dropped > 0) this.#write(`${this.#dropped} more lines were printed`)
      this.#second = second
      this.#lines = 0
      this.#dropped = 0
    }
    if (this.#lines++ < linesASecond) this.#write(line.slice(0, longestLine))
    else this.#dropped++
  }
}

/** Ends lines that do not end, so that none is gathered in memory. */
function cutLines(): Transform {
  let length = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const newline = chunk.lastIndexOf(10)
      length = newline < 0 ? length + chunk.length : chunk.length - newline - 1
      const cut = length > 64 * 1024
      if (cut) length = 0
      done(null, cut ? Buffer.concat([chunk, Buffer.from('\n')]) : chunk)
    },
  })
}
