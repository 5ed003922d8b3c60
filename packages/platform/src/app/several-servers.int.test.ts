import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresAvailable, startPostgres } from '../storage/database/postgres-fixture.ts'
import { s3Available, startS3 } from '../storage/s3/s3-fixture.ts'

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))
const available = postgresAvailable() && s3Available()
const title = `two servers on one database and one bucket${available ? '' : ': PostgreSQL or versitygw is missing'}`
const api = '/api/2.0/mlflow'
const rounds = Array.from({ length: 25 }, (_, index) => index)

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, read by their tests.
  readonly body: any
}

describe.skipIf(!available)(title, () => {
  const opened = new AsyncDisposableStack()
  const addresses: string[] = []
  let runId: string

  beforeAll(async () => {
    const { url } = opened.use(await startPostgres())
    const { env, location } = await startS3()
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-several-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    for (const name of ['one', 'two']) {
      const args = ['--data-dir', join(folder, name), '--database-url', url, '--blobs', location]
      const child = spawn(process.execPath, [program, 'server', '--json', '--port', '0', ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      opened.defer(() => ended(child))
      addresses.push(await readyAddress(child))
    }
    const { body } = await send(0, 'runs/create', { experiment_id: '0', start_time: 1 })
    runId = body.run.info.run_id
  })
  afterAll(() => opened.disposeAsync())

  async function send(
    server: number,
    path: string,
    body: unknown,
    method = 'POST',
  ): Promise<Answer> {
    const answer = await fetch(
      `${addresses[server % 2]}${path.startsWith('/') ? path : `${api}/${path}`}`,
      {
        method,
        ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
      },
    )
    return { status: answer.status, body: await answer.json() }
  }
  const ask = (server: number, path: string) => send(server, path, undefined, 'GET')
  /** The same call to both servers at once. */
  const both = (path: string, bodyOf: (server: number) => unknown) =>
    Promise.all([0, 1].map((server) => send(server, path, bodyOf(server))))

  it('writes a parameter once, whoever comes first', async () => {
    for (const round of rounds) {
      const answers = await both('runs/log-parameter', (server) => ({
        run_id: runId,
        key: `p${round}`,
        value: `from ${server}`,
      }))
      const won = answers.findIndex(({ status }) => status === 200)
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
      const { body } = await ask(round, `runs/get?run_id=${runId}`)
      const params = body.run.data.params as { key: string; value: string }[]
      expect(params.find(({ key }) => key === `p${round}`)?.value).toBe(`from ${won}`)
    }
  })

  it('keeps every point, and shows the newest of both', async () => {
    await Promise.all(
      rounds.flatMap((round) =>
        [0, 1].map((server) =>
          send(server, 'runs/log-batch', {
            run_id: runId,
            metrics: [2 * round, 2 * round + 1].map((n) => ({
              key: 'loss',
              value: n,
              timestamp: 1,
              step: 2 * n + server,
            })),
          }),
        ),
      ),
    )
    const history = await ask(1, `metrics/get-history?run_id=${runId}&metric_key=loss`)
    expect(history.body.metrics).toHaveLength(rounds.length * 4)
    for (const server of [0, 1]) {
      const { body } = await ask(server, `runs/get?run_id=${runId}`)
      expect(body.run.data.metrics).toEqual([
        expect.objectContaining({ key: 'loss', step: rounds.length * 4 - 1 }),
      ])
    }
  })

  it('gives a name to one of two, and each version a number of its own', async () => {
    for (const path of ['experiments/create', 'registered-models/create']) {
      const answers = await both(path, () => ({ name: 'contended' }))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    }
    const made = await Promise.all(
      rounds.flatMap(() =>
        [0, 1].map((server) =>
          send(server, 'model-versions/create', { name: 'contended', source: 's3://elsewhere/m' }),
        ),
      ),
    )
    const numbers = made
      .map(({ body }) => Number(body.model_version?.version))
      .sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: rounds.length * 2 }, (_, index) => index + 1))
  })

  it('points an alias at one version for all', async () => {
    await Promise.all(
      rounds.map((round) =>
        send(round, 'registered-models/alias', {
          name: 'contended',
          alias: 'champion',
          version: String(round + 1),
        }),
      ),
    )
    const path = 'registered-models/alias?name=contended&alias=champion'
    const [one, two] = await Promise.all([ask(0, path), ask(1, path)])
    expect(one.body.model_version.version).toBe(two.body.model_version.version)
    expect(await ask(0, '/api/v1/audit/verify')).toMatchObject({ body: { ok: true } })
  })

  it('shares artifacts, and hands out addresses in the bucket', async () => {
    const folder = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts`
    const put = (server: number, name: string, body: string) =>
      fetch(`${addresses[server]}${folder}/${name}`, { method: 'PUT', body })
    const puts = await Promise.all([0, 1].map((server) => put(server, 'same.txt', 'the same')))
    expect(puts.map(({ status }) => status)).toEqual([200, 200])
    await put(0, 'a b#ü.txt'.replace('#', '%23'), 'odd')
    const read = await fetch(`${addresses[1]}${folder}/${encodeURIComponent('a b#ü.txt')}`)
    expect(await read.text()).toBe('odd')

    const mpu = (step: string) => `/api/2.0/mlflow-artifacts/mpu/${step}/0/${runId}/artifacts/deep`
    const begun = await send(0, mpu('create'), { path: 'big.bin', num_parts: 2 })
    const part = Buffer.alloc(5 * 1024 * 1024, 7)
    const parts = await Promise.all(
      begun.body.credentials.map(
        async ({ url, part_number }: { url: string; part_number: number }) => {
          const sent = await fetch(url, { method: 'PUT', body: part })
          return { part_number, etag: sent.headers.get('etag') }
        },
      ),
    )
    const { upload_id } = begun.body
    const done = await send(1, mpu('complete'), { path: 'big.bin', upload_id, parts })
    expect(done).toEqual({ status: 200, body: {} })
    const signed = await ask(
      0,
      `/api/2.0/mlflow-artifacts/presigned/0/${runId}/artifacts/deep/big.bin`,
    )
    expect(signed.body.file_size).toBe(2 * part.length)
    const content = Buffer.from(await (await fetch(signed.body.url)).arrayBuffer())
    expect(content.equals(Buffer.concat([part, part]))).toBe(true)
    const again = await send(1, mpu('abort'), { path: 'big.bin', upload_id: 'unknown' })
    expect(again).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } })
    const many = await send(1, mpu('create'), { path: 'x', num_parts: 10_001 })
    expect(many).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
  })
})

async function readyAddress(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  for await (const line of lines) return (JSON.parse(line) as { address: string }).address
  throw new Error('the server ended before it was ready')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
