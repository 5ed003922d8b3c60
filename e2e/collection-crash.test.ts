import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TestServer } from './test-program.ts'

const api = '/api/2.0/mlflow'
const kills = 2
const live = 40
const dead = 600

type Tally = Readonly<Record<'blobs' | 'sizeBytes', number>>

interface Collected {
  readonly expired: Readonly<Record<'runs' | 'experiments' | 'kept', number>>
  readonly retired: Tally
  readonly purged: Tally
  readonly restored: number
  readonly referenced: number
}

async function send<T>(address: string, path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${address}${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

const collect = (address: string, dryRun: boolean): Promise<Collected> =>
  send(address, '/api/v1/storage/collect', { olderThan: '0s', grace: '0s', dryRun })

async function newRun(address: string, experiment_id: string): Promise<string> {
  const body = { experiment_id, start_time: 1 }
  const made = await send<{ run: { info: { run_id: string } } }>(
    address,
    `${api}/runs/create`,
    body,
  )
  return made.run.info.run_id
}

/** Files of a run, each of a content of its own. */
async function fill(address: string, runId: string, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index)
  for (let from = 0; from < count; from += 50) {
    await Promise.all(
      numbers.slice(from, from + 50).map(async (n) => {
        const path = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${n}.txt`
        const put = await fetch(`${address}${path}`, { method: 'PUT', body: `${n} of ${runId}` })
        expect(put.status).toBe(200)
      }),
    )
  }
}

const sum = (a: Tally, b: Tally): Tally => ({
  blobs: a.blobs + b.blobs,
  sizeBytes: a.sizeBytes + b.sizeBytes,
})

/** Kills the server when the collection that it is asked for has begun to move files. */
async function killWhileCollecting(server: TestServer, folder: string, at: number): Promise<void> {
  const moved = async (): Promise<number> => (await readdir(folder)).length
  const before = await moved()
  const collecting = collect(server.address, false).catch(() => undefined)
  const deadline = Date.now() + 20_000
  while (Math.abs((await moved()) - before) < at && Date.now() < deadline) await sleep(1)
  await server.kill()
  await collecting
}

it(`frees what a dry run tells and nothing live, through ${kills} kills in the middle`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-collection-crash-'))
  const retired = join(folder, 'blobs', 'retired')
  const first = await TestServer.start(['--data-dir', folder])
  const runId = await newRun(first.address, '0')
  const gone = await newRun(first.address, '0')
  await Promise.all([fill(first.address, runId, live), fill(first.address, gone, dead)])
  await send(first.address, `${api}/runs/delete`, { run_id: gone })
  await sleep(50)
  const told = await collect(first.address, true)
  expect(told).toMatchObject({
    expired: { runs: 1 },
    retired: { blobs: dead },
    purged: { blobs: 0 },
    referenced: live,
  })
  const inTheMiddle: number[] = []
  let server = first
  for (let kill = 1; kill <= kills; kill++) {
    await killWhileCollecting(server, retired, 100 * kill)
    server = await TestServer.start(['--data-dir', folder])
    const left = await collect(server.address, true)
    expect(left).toMatchObject({ expired: { runs: 0 }, restored: 0, referenced: live })
    // The first collection only sets aside: what it has moved and what it has not are all that was told, each once.
    if (kill === 1) expect(sum(left.retired, left.purged)).toEqual(told.retired)
    inTheMiddle.push(left.purged.blobs)
    await expectLive(server.address, runId)
  }
  expect(inTheMiddle.every((blobs) => blobs > 0 && blobs < dead)).toBe(true)
  for (let round = 0; round < 2; round++) {
    const dry = await collect(server.address, true)
    expect({ ...(await collect(server.address, false)), unfinishedUploads: 0 }).toEqual(dry)
  }
  expect(await readdir(retired)).toEqual([])
  await expectLive(server.address, runId)
  const audit = await fetch(`${server.address}/api/v1/audit/verify`)
  expect(await audit.json()).toMatchObject({ ok: true })
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

async function expectLive(address: string, runId: string): Promise<void> {
  const texts = await Promise.all(
    Array.from({ length: live }, async (_, n) => {
      const path = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${n}.txt`
      return (await fetch(`${address}${path}`)).text()
    }),
  )
  expect(texts).toEqual(texts.map((_, n) => `${n} of ${runId}`))
}
