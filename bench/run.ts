/**
 * `node bench/run.ts [room...]` measures every room, or those named, and writes `docs/benchmarks.md` from what each has
 * found last (`bench/<room>/results.json`); `--page` only writes the page. A room whose peer is not installed says so
 * and keeps its last results.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import type { Circumstances } from './figure.ts'
import { benchmarksPage, type RoomResults } from './page.ts'
import { type Room, rooms } from './rooms.ts'

const here = import.meta.dirname
const page = join(here, '../docs/benchmarks.md')
const resultsOf = ({ name, results = join(name, 'results.json') }: Room): string =>
  join(here, results)

/** What a program found, with what was true while it ran. */
interface Stored {
  readonly circumstances?: Circumstances
  readonly versions?: Readonly<Record<string, string>>
  readonly machine?: { readonly mlflow?: string | null }
}

async function measure(room: Room): Promise<boolean> {
  console.log(`\n${room.title}: node bench/${room.program}`)
  const loadBefore = loadavg()[0] ?? null
  const child = spawn(process.execPath, [join(here, room.program)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
    process.stdout.write(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) {
    console.log(`${room.title}: not measured (exit code ${code}); the last results stay`)
    return false
  }
  const found =
    printedJson(printed) ?? (JSON.parse(await readFile(resultsOf(room), 'utf8')) as Stored)
  const { node, ...versions } = found.versions ?? {}
  const { mlflow } = found.machine ?? {}
  const circumstances: Circumstances = {
    measuredAt: new Date().toISOString().slice(0, 10),
    node: node ?? process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    loadBefore,
    versions: { ...versions, ...(mlflow ? { mlflow } : {}) },
  }
  await writeFile(resultsOf(room), `${JSON.stringify({ ...found, circumstances }, null, 2)}\n`)
  await once(spawn('biome', ['format', '--write', resultsOf(room)], { stdio: 'ignore' }), 'close')
  return true
}

/** The JSON that a program printed, alone or on a line of its own before a table. */
function printedJson(text: string): Stored | undefined {
  for (const candidate of [text, ...text.split('\n').filter((line) => line.startsWith('{"'))]) {
    try {
      return JSON.parse(candidate) as Stored
    } catch {
      // Not this one.
    }
  }
  return undefined
}

async function stored(room: Room): Promise<RoomResults | undefined> {
  if (!existsSync(resultsOf(room))) return undefined
  const results = JSON.parse(await readFile(resultsOf(room), 'utf8')) as Stored
  if (!results.circumstances) return undefined
  const readme = `../bench/${dirname(room.program)}/README.md`
  return {
    title: room.title,
    command: `node bench/${room.program}`,
    ...(existsSync(join(here, '../docs', readme)) ? { readme } : {}),
    circumstances: results.circumstances,
    figures: room.figuresOf(results as never),
  }
}

const asked = process.argv.slice(2)
const names = asked.filter((name) => name !== '--page')
const unknown = names.find((name) => !rooms.some((room) => room.name === name))
if (unknown !== undefined) {
  console.error(
    `no room is called '${unknown}'; there are ${rooms.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}
const chosen = asked.includes('--page')
  ? []
  : rooms.filter(({ name }) => names.length === 0 || names.includes(name))
const unmeasured: string[] = []
for (const room of chosen) if (!(await measure(room))) unmeasured.push(room.name)
const results = await Promise.all(rooms.map(stored))
await writeFile(page, benchmarksPage(results.filter((each) => each !== undefined)))
console.log(`\nWritten: docs/benchmarks.md`)
if (unmeasured.length > 0) {
  console.log(`Not measured: ${unmeasured.join(', ')}`)
  process.exitCode = 1
}
