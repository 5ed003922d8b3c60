/** What was answered, on the disk of this machine until the server has taken it. */
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** As many answers, or about as many bytes, as are sent at once. */
const mostItems = 500
const mostBytes = 4 * 1024 * 1024
/** What the server says to an answer that it will never take. */
const refusals = [400, 413, 422]
/** How much of that is kept to be looked at. */
const mostRefusedBytes = 16 * 1024 * 1024

/** Parts of a list that are small enough to be sent. */
function* parts(lines) {
  let part = []
  let size = 0
  for (const line of lines) {
    if (part.length === mostItems || (part.length > 0 && size + line.length > mostBytes)) {
      yield part
      part = []
      size = 0
    }
    part.push(JSON.parse(line))
    size += line.length
  }
  if (part.length > 0) yield part
}

const isWhole = (line) => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

export class AnswerLog {
  #folder
  #limit
  #handle
  #next = 1
  #uploading = false
  // Answers are written and parts are closed one after the other.
  #turn = Promise.resolve()
  /** Answers that were let go because the disk may hold no more. */
  dropped = 0
  /** Answers that the server has refused, which lie in `refused.jsonl`. */
  refused = 0

  /** @param limitBytes what the log may take; the oldest answers go first */
  constructor(folder, limitBytes) {
    this.#folder = folder
    this.#limit = limitBytes
  }

  async open() {
    await mkdir(this.#folder, { recursive: true })
    const numbers = (await this.#sealed()).map((name) => Number.parseInt(name, 10))
    this.#next = Math.max(0, ...numbers) + 1
    await this.#seal()
  }

  /** Written before the answer leaves; a process that is killed loses nothing that it has answered. */
  append(answer) {
    return this.#inTurn(async () => {
      this.#handle ??= await open(join(this.#folder, 'open.jsonl'), 'a')
      try {
        await this.#handle.appendFile(`${JSON.stringify(answer)}\n`)
      } catch (failure) {
        // What a full disk took half of must not run into the line after it.
        await this.#close().catch(() => undefined)
        throw failure
      }
    })
  }

  #inTurn(work) {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #sealed() {
    return (await readdir(this.#folder)).filter((name) => /^\d+\.jsonl$/.test(name)).sort()
  }

  #seal() {
    return this.#inTurn(() => this.#close())
  }

  async #close() {
    const path = join(this.#folder, 'open.jsonl')
    const handle = this.#handle
    this.#handle = undefined
    await handle?.sync()
    await handle?.close()
    const found = await stat(path).catch(() => undefined)
    if (found === undefined || found.size === 0) return
    await rename(path, join(this.#folder, `${String(this.#next++).padStart(9, '0')}.jsonl`))
  }

  async #bound() {
    const names = await this.#sealed()
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(join(this.#folder, name))).size),
    )
    let total = sizes.reduce((sum, size) => sum + size, 0)
    for (const [i, name] of names.entries()) {
      if (total <= this.#limit) return
      const lines = (await readFile(join(this.#folder, name), 'utf8')).split('\n')
      this.dropped += lines.length - 1
      total -= sizes[i]
      await rm(join(this.#folder, name))
    }
  }

  /** Sends all that is there; what the server has taken is let go, the rest stays. Sent twice it is kept once. */
  async upload(send) {
    if (this.#uploading) return
    this.#uploading = true
    try {
      await this.#seal()
      await this.#bound()
      for (const name of await this.#sealed()) {
        const path = join(this.#folder, name)
        const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
        // A process that was killed while it wrote leaves half a line, which was never answered.
        for (const part of parts(lines.filter(isWhole))) await this.#sendAll(part, send)
        await rm(path)
      }
    } finally {
      this.#uploading = false
    }
  }

  /** What the server will never take must not keep it from the rest: it is found by halves and set aside. */
  async #sendAll(items, send) {
    try {
      await send(items)
    } catch (failure) {
      if (!refusals.includes(failure.status)) throw failure
      if (items.length === 1) return this.#setAside(items[0], failure.message)
      const middle = items.length >> 1
      await this.#sendAll(items.slice(0, middle), send)
      await this.#sendAll(items.slice(middle), send)
    }
  }

  async #setAside(answer, reason) {
    this.refused++
    const path = join(this.#folder, 'refused.jsonl')
    const found = await stat(path).catch(() => undefined)
    if ((found?.size ?? 0) > mostRefusedBytes) return
    await appendFile(path, `${JSON.stringify({ reason, answer })}\n`)
  }

  async close() {
    await this.#seal()
  }
}
