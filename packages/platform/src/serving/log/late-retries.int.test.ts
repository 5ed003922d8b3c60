import { cp, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@kaizen/ml'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Lake, openDuckdbLake } from '../../storage/index.ts'
import { idsFile } from './ids/id-table.ts'
import { writePart } from './part-writer.ts'
import { PredictionLog, type PredictionLogOptions } from './prediction-log.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const day = 86_400_000
const start = Date.UTC(2026, 2, 1)

const schemaOf = (mode: 'live' | 'shadow'): RecordSchema => ({
  arm: mode === 'live' ? 'champion' : 'challenger',
  mode,
  model: 'm',
  version: 1,
  inputs: [],
  outputs: [{ name: 'y', datatype: 'FP32' }],
})
const live = schemaOf('live')
const shadow = schemaOf('shadow')

interface Answer {
  readonly ids: readonly string[]
  readonly at: number
  readonly value: number
  readonly fresh?: boolean
  readonly of?: RecordSchema
}
const entry = ({ ids, at, value, fresh, of = live }: Answer): PredictionEntry => ({
  schema: of,
  ids,
  at,
  fresh,
  latencyMs: 1,
  inputs: {},
  answer: {
    outputs: {
      y: {
        datatype: 'FP32',
        shape: [ids.length, 1],
        data: new Float32Array(ids.length).fill(value),
      },
    },
  },
})

let folder: string
let lake: Lake
const opened: PredictionLog[] = []
const openLog = async (
  options: PredictionLogOptions = {},
  where: string = folder,
): Promise<PredictionLog> => {
  const log = await PredictionLog.open(where, { lake, ...options })
  opened.push(log)
  return log
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-retries-'))
  lake = openDuckdbLake({ folders: [tmpdir()], tempFolder: folder })
})
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
  await lake.close()
  await rm(folder, { recursive: true })
})

async function compact(log: PredictionLog): Promise<void> {
  await log.seal()
  for (;;) {
    const run = log.compactable({ now: 0, all: true })
    if (!run) return
    await log.compact(run, writePart)
  }
}

const held = async (log: PredictionLog, from = 0, to = 1e15) =>
  (await log.window(from, to)).map((row) => [
    row.id,
    row.at - start,
    row.rows.outputs.get('y')?.number(row.row),
  ])

it('counts an id once that was asked again days after its first answer had left memory', async () => {
  const log = await openLog({ segmentRows: 2, residentCells: 0 })
  for (let i = 0; i < 10; i++) {
    await log.append(entry({ ids: [`a${i}`], at: start + i * day, value: i }))
  }
  await log.append(entry({ ids: ['a3'], at: start + 9 * day + 5, value: 30 }))
  const check = async (asked: PredictionLog) => {
    expect(await asked.countLive()).toBe(10)
    expect(await held(asked, start + 3 * day, start + 4 * day)).toEqual([])
    expect(await held(asked, start + 9 * day)).toEqual([
      ['a9', 9 * day, 9],
      ['a3', 9 * day + 5, 30],
    ])
    expect((await asked.newest(20, { from: 0, to: 1e15 })).map(({ id }) => id)).toHaveLength(10)
  }
  await check(log)
  await log.close()
  const restarted = await openLog({ residentCells: 0 })
  await check(restarted)
  await compact(restarted)
  await check(restarted)
  await restarted.close()
  const again = await openLog()
  await check(again)
  // A third answer, to an id of a part this time.
  await again.append(entry({ ids: ['a3', 'a0'], at: start + 20 * day, value: 31 }))
  expect(await again.countLive()).toBe(10)
  expect(await held(again, start + 9 * day)).toEqual([
    ['a9', 9 * day, 9],
    ['a3', 20 * day, 31],
    ['a0', 20 * day, 31],
  ])
})

/** What a log should hold: the last answer of each id and arm, in order of event time. */
class Expected {
  readonly #rows = new Map<string, { id: string; at: number; value: number; mode: string }>()
  add({ ids, at, value, of = live }: Answer): void {
    for (const id of ids) this.#rows.set(`${id} ${of.mode}`, { id, at, value, mode: of.mode })
  }
  get live(): number {
    return [...this.#rows.values()].filter(({ mode }) => mode === 'live').length
  }
  within(from: number, to: number): string[] {
    return [...this.#rows.values()]
      .filter(({ at }) => at >= from && at < to)
      .map(({ id, at, value, mode }) => `${mode} ${id} ${at} ${value}`)
      .sort()
  }
}

it.each([1, 2])(
  'holds each id once as last answered, whatever comes between: retries, segments, Parquet, restarts (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const below = (n: number): number => Math.floor(random() * n)
    const options = { segmentRows: 25, residentCells: 300 }
    const expected = new Expected()
    let log = await openLog(options)
    const check = async () => {
      expect(await log.countLive()).toBe(expected.live)
      const from = start + below(20) * day
      const to = from + (1 + below(10)) * day
      const rows = (await log.window(from, to)).map(
        (row) =>
          `${row.rows.schema.mode} ${row.id} ${row.at} ${row.rows.outputs.get('y')?.number(row.row)}`,
      )
      expect(rows.toSorted()).toEqual(expected.within(from, to))
    }
    let drawn = 0
    for (let step = 0; step < 260; step++) {
      // The first eighty answers have ids of the server: nothing is kept of them until a caller names one.
      const fresh = step < 80 || below(4) === 0
      const ids = fresh
        ? [`drawn-${drawn++}`]
        : [...new Set(Array.from({ length: 1 + below(3) }, () => `drawn-${below(200)}`))]
      const of = below(5) === 0 && !fresh ? shadow : live
      const answer = { ids, at: start + below(30) * day + step, value: step, fresh, of }
      await log.append(entry(answer))
      expected.add(answer)
      // An id that a caller names before the server has drawn it would not be drawn again.
      drawn = fresh ? drawn : Math.max(drawn, 200)
      const what = below(60)
      if (what < 6) await check()
      else if (what === 6) await log.seal()
      else if (what === 7) await compact(log)
      else if (what === 8) {
        await log.close()
        log = await openLog(options)
        await check()
      }
    }
    await check()
    // Made anew from segments and Parquet it says the same.
    await log.close()
    await rm(join(folder, idsFile))
    log = await openLog(options)
    await check()
    await compact(log)
    await check()
  },
)

it('makes its ids anew where they are damaged, or know of rows that a failing machine lost', async () => {
  const log = await openLog({ segmentRows: 4, durability: 'request' })
  for (let i = 0; i < 4; i++) await log.append(entry({ ids: [`a${i}`], at: start + i, value: i }))
  await log.append(entry({ ids: ['a0'], at: start + 10, value: 10 }))
  const [, second] = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort()
  const { size } = await stat(join(folder, second!))
  await log.append(entry({ ids: ['a1'], at: start + 11, value: 11 }))
  expect(await log.countLive()).toBe(4)
  await log.close()
  await truncate(join(folder, second!), size)
  const shorter = await openLog()
  expect(await held(shorter)).toEqual([
    ['a1', 1, 1],
    ['a2', 2, 2],
    ['a3', 3, 3],
    ['a0', 10, 10],
  ])
  expect(await shorter.countLive()).toBe(4)
  await shorter.close()
  for (const end of ['-wal', '-shm']) await rm(join(folder, idsFile + end), { force: true })
  await writeFile(join(folder, idsFile), 'no database')
  expect(await (await openLog()).countLive()).toBe(4)
})

it('counts what retention has left, and an id anew whose answer it took away', async () => {
  const log = await openLog({ segmentRows: 10 })
  for (let i = 0; i < 40; i++) {
    await log.append(entry({ ids: [`a${i % 30}`], at: start + Math.floor(i / 10) * day, value: i }))
  }
  expect(await log.countLive()).toBe(30)
  await compact(log)
  // Of the first day nothing is left to count: all of it was asked again on the fourth.
  const gone = log.kept.files.filter(({ maxAt }) => maxAt < start + 2 * day)
  await log.remove(new Set(gone.map(({ path }) => path)))
  expect(await log.countLive()).toBe(20)
  await log.append(entry({ ids: ['a15'], at: start + 5 * day, value: 99 }))
  expect(await log.countLive()).toBe(21)
  expect(await held(log, start + 5 * day)).toEqual([['a15', 5 * day, 99]])
  await log.close()
  expect(await (await openLog()).countLive()).toBe(21)
})

it('forgets the ids of rows that are gone', async () => {
  const log = await openLog({ segmentRows: 20_000 })
  const many = (of: number) => Array.from({ length: 20_000 }, (_, i) => `${of}-${i}`)
  for (let i = 0; i < 3; i++) {
    await log.append(entry({ ids: many(i), at: start + i * day, value: i }))
  }
  expect(await log.countLive()).toBe(60_000)
  await compact(log)
  const old = log.kept.files.filter(({ maxAt }) => maxAt < start + 2 * day)
  await log.remove(new Set(old.map(({ path }) => path)))
  expect(await log.countLive()).toBe(20_000)
  await log.close()
  const { IdTable } = await import('./ids/id-table.ts')
  using table = new IdTable(folder)
  expect(table.cursor.ids).toBe(20_000)
})

it('keeps no ids while callers name none, and stands by itself where another server takes the folder over', async () => {
  const log = await openLog({ segmentRows: 5 })
  for (let i = 0; i < 20; i++) {
    await log.append(entry({ ids: [`drawn-${i}`], at: start + i, value: i, fresh: true }))
  }
  expect(await log.countLive()).toBe(20)
  expect(await readdir(folder)).not.toContain(idsFile)
  await log.append(entry({ ids: ['drawn-1'], at: start + 100, value: 100 }))
  const copy = await mkdtemp(join(tmpdir(), 'kaizen-retries-copy-'))
  const taken = async () => {
    await cp(folder, copy, { recursive: true })
    const other = await openLog({}, copy)
    expect(await other.countLive()).toBe(20)
    expect(await held(other)).toHaveLength(20)
    await other.append(entry({ ids: ['drawn-2'], at: start + 101, value: 101 }))
    expect(await other.countLive()).toBe(20)
    await other.close()
    await rm(copy, { recursive: true })
  }
  // Before anybody has asked, and after.
  await taken()
  expect(await log.countLive()).toBe(20)
  await taken()
})

it('stays exact, and beside the loop, with half a million ids of which every tenth comes again', async () => {
  const log = await openLog({ residentCells: 0 })
  const rows = 50_000
  const ids = (of: number) => Array.from({ length: rows }, (_, i) => `request-${of}-${i}`)
  for (let of = 0; of < 10; of++) {
    await log.append(entry({ ids: ids(of), at: start + of * day, value: of }))
  }
  const again = ids(0).filter((_, i) => i % 10 === 0)
  for (let from = 0; from < again.length; from += 1000) {
    await log.append(entry({ ids: again.slice(from, from + 1000), at: start + 20 * day, value: 1 }))
  }
  let turns = 0
  let longest = 0
  let before = performance.now()
  const watch = setInterval(() => {
    const now = performance.now()
    if (turns++ > 0) longest = Math.max(longest, now - before)
    before = now
  }, 5)
  expect(await log.countLive()).toBe(10 * rows)
  clearInterval(watch)
  expect(turns).toBeGreaterThan(10)
  // A segment of fifty thousand ids put into the tree takes far longer than this.
  expect(longest).toBeLessThan(150)
  expect(await log.window(start, start + day)).toHaveLength(rows - again.length)
  expect(await log.window(start + 20 * day, 1e15)).toHaveLength(again.length)
}, 60_000)
