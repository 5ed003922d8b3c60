/** `node bench/quality/expectations.ts`: see the README beside it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { dataApi, dataQualityApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { startKaizen } from '../tracking/servers.ts'
import { expectations, writeRows } from './rows.ts'

const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 5)
const python = process.env['KAIZEN_BENCH_PYTHON'] ?? 'python3'
/** Clock ticks of the kernel in a second, which Linux fixes for programs. */
const ticksPerSecond = 100

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
try {
  const path = join(folder, 'rows.parquet')
  await writeRows(path)
  await using server = await startKaizen(folder)
  const client = createClient({ baseUrl: server.url })
  await client.call(dataApi.create, { body: { name: 'rows' } })
  await client.upload(
    dataApi.upload,
    { params: { name: 'rows' }, query: { format: 'parquet' } },
    Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
  )
  const peer = startPeer(path)
  const answers = createInterface({ input: peer.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]()
  const next = async () => JSON.parse(String((await answers.next()).value))
  const { version } = await next()
  const kaizen: number[] = []
  const greatExpectations: number[] = []
  const wallMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await cpuSeconds(server.processId)
    const started = performance.now()
    const validation = await client.call(dataQualityApi.validate, {
      params: { name: 'rows', version: 1 },
      body: { expectations: expectations.map((each) => ({ ...each, kwargs: { ...each.kwargs } })) },
    })
    wallMs.push(performance.now() - started)
    kaizen.push((await cpuSeconds(server.processId)) - before)
    mustMeetAll('Kaizen', validation.statistics.successful_expectations)
    peer.stdin?.write('again\n')
    const { cpuSeconds: seconds, met } = await next()
    mustMeetAll('Great Expectations', met)
    greatExpectations.push(seconds)
  }
  peer.stdin?.end()
  const results = {
    versions: { node: process.versions.node, 'great-expectations': version },
    cpuSeconds: { kaizen, greatExpectations },
    wallMs,
  }
  await writeFile(
    join(import.meta.dirname, 'results.json'),
    `${JSON.stringify(results, null, 2)}\n`,
  )
  console.log(JSON.stringify(results))
} finally {
  await rm(folder, { recursive: true, force: true })
}

function startPeer(path: string): ChildProcess {
  const child = spawn(python, [join(import.meta.dirname, 'peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.write(`${JSON.stringify({ path, expectations })}\n`)
  return child
}

function mustMeetAll(who: string, met: number): void {
  if (met !== expectations.length)
    throw new Error(`${who} finds ${met} of ${expectations.length} expectations met`)
}

/** User and system time of a process, from the kernel. */
async function cpuSeconds(processId: number): Promise<number> {
  const stat = await readFile(`/proc/${processId}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
