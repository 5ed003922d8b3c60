import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresAvailable, startPostgres } from '../storage/database/postgres-fixture.ts'
import { s3Available, startS3 } from '../storage/s3/s3-fixture.ts'

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))
const available = postgresAvailable() && s3Available()
const title = `three servers on one database and one bucket${available ? '' : ': PostgreSQL or versitygw is missing'}`
const api = '/api/2.0/mlflow'
const servers = [0, 1, 2] as const
const rounds = Array.from({ length: 25 }, (_, index) => index)

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, read by their tests.
  readonly body: any
}

describe.skipIf(!available)(title, () => {
  const opened = new AsyncDisposableStack()
  const addresses: string[] = []
  const children: ChildProcess[] = []
  let hook: Awaited<ReturnType<typeof receiver>>
  let runId: string

  beforeAll(async () => {
    const { url } = opened.use(await startPostgres())
    const { env, location } = await startS3()
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-several-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    hook = opened.use(await receiver())
    for (const name of ['one', 'two', 'three']) {
      const args = [
        '--data-dir',
        join(folder, name),
        '--database-url',
        url,
        '--blobs',
        location,
        '--webhooks-to-private',
      ]
      const child = spawn(process.execPath, [program, 'server', '--json', '--port', '0', ...args], {
        env: { ...process.env, ...env, KAIZEN_SECRET_KEY: 'k'.repeat(32) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      opened.defer(() => ended(child))
      children.push(child)
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
      `${addresses[server % servers.length]}${path.startsWith('/') ? path : `${api}/${path}`}`,
      {
        method,
        ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
      },
    )
    return { status: answer.status, body: await answer.json() }
  }
  const ask = (server: number, path: string) => send(server, path, undefined, 'GET')
  /** The same call to all servers at once. */
  const all = (path: string, bodyOf: (server: number) => unknown) =>
    Promise.all(servers.map((server) => send(server, path, bodyOf(server))))

  it('writes a parameter once, whoever comes first', async () => {
    for (const round of rounds) {
      const answers = await all('runs/log-parameter', (server) => ({
        run_id: runId,
        key: `p${round}`,
        value: `from ${server}`,
      }))
      const won = answers.findIndex(({ status }) => status === 200)
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
      const { body } = await ask(round, `runs/get?run_id=${runId}`)
      const params = body.run.data.params as { key: string; value: string }[]
      expect(params.find(({ key }) => key === `p${round}`)?.value).toBe(`from ${won}`)
    }
  })

  it('keeps every point, and shows the newest of all', async () => {
    await Promise.all(
      rounds.flatMap((round) =>
        servers.map((server) =>
          send(server, 'runs/log-batch', {
            run_id: runId,
            metrics: [2 * round, 2 * round + 1].map((n) => ({
              key: 'loss',
              value: n,
              timestamp: 1,
              step: 3 * n + server,
            })),
          }),
        ),
      ),
    )
    const history = await ask(1, `metrics/get-history?run_id=${runId}&metric_key=loss`)
    expect(history.body.metrics).toHaveLength(rounds.length * 6)
    for (const server of servers) {
      const { body } = await ask(server, `runs/get?run_id=${runId}`)
      expect(body.run.data.metrics).toEqual([
        expect.objectContaining({ key: 'loss', step: rounds.length * 6 - 1 }),
      ])
    }
  })

  it('keeps a point once that all of them log again and again', async () => {
    const point = { key: 'once', value: 0.5, timestamp: 7, step: 3 }
    const answers = await Promise.all(
      rounds.map((round) =>
        send(round, 'runs/log-batch', { run_id: runId, metrics: [point, point] }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    for (const server of servers) {
      const { body } = await ask(server, `metrics/get-history?run_id=${runId}&metric_key=once`)
      expect(body.metrics).toEqual([expect.objectContaining(point)])
    }
  })

  it('gives the name of an experiment, a model or a prompt to one, however often it is fought for', async () => {
    const isPrompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    for (const [path, tags] of [
      ['experiments/create', []],
      ['registered-models/create', []],
      ['registered-models/create', isPrompt],
    ] as const) {
      for (const round of rounds.slice(0, 8)) {
        const name = `contended ${tags.length} ${round}`
        const answers = await all(path, () => ({ name, tags }))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
        const refused = answers.filter(({ status }) => status === 400)
        for (const { body } of refused) expect(body.error_code).toBe('RESOURCE_ALREADY_EXISTS')
      }
    }
    const moved = await Promise.all(
      rounds.map((round) =>
        send(round, 'experiments/update', { experiment_id: '0', new_name: `renamed ${round}` }),
      ),
    )
    expect(new Set(moved.map(({ status }) => status))).toEqual(new Set([200]))
    const seen = await Promise.all(servers.map((at) => ask(at, 'experiments/get?experiment_id=0')))
    expect(new Set(seen.map(({ body }) => body.experiment.name)).size).toBe(1)
  })

  it('shows one name of a run that all of them rename', async () => {
    await Promise.all(
      rounds.map((round) => send(round, 'runs/update', { run_id: runId, run_name: `r${round}` })),
    )
    const seen = await Promise.all(servers.map((server) => ask(server, `runs/get?run_id=${runId}`)))
    const names = seen.map(({ body }) => {
      const tags = body.run.data.tags as { key: string; value: string }[]
      return [body.run.info.run_name, tags.find(({ key }) => key === 'mlflow.runName')?.value]
    })
    expect(new Set(names.flat()).size).toBe(1)
  })

  it('gives each version a number of its own', async () => {
    await send(0, 'registered-models/create', { name: 'contended' })
    const made = await Promise.all(
      rounds.flatMap(() =>
        servers.map((server) =>
          send(server, 'model-versions/create', { name: 'contended', source: 's3://elsewhere/m' }),
        ),
      ),
    )
    const numbers = made
      .map(({ body }) => Number(body.model_version?.version))
      .sort((a, b) => a - b)
    expect(numbers).toEqual(
      Array.from({ length: rounds.length * servers.length }, (_, index) => index + 1),
    )
  })

  it('points an alias at one version for all, at every moment', async () => {
    const path = 'registered-models/alias?name=contended&alias=champion'
    const shown: number[] = []
    let moving = true
    const watching = (async () => {
      while (moving) {
        const { body } = await ask(shown.length, 'registered-models/get?name=contended')
        shown.push((body.registered_model.aliases ?? []).length)
      }
    })()
    await Promise.all(
      rounds.map((round) =>
        send(round, 'registered-models/alias', {
          name: 'contended',
          alias: 'champion',
          version: String(round + 1),
        }),
      ),
    )
    moving = false
    await watching
    expect(Math.max(...shown)).toBe(1)
    const found = await Promise.all(servers.map((server) => ask(server, path)))
    expect(new Set(found.map(({ body }) => body.model_version.version)).size).toBe(1)
    expect(await ask(0, '/api/v1/audit/verify')).toMatchObject({ body: { ok: true } })
  })

  it('frees nothing that another of them takes while one collects', async () => {
    const folder = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/kept`
    let taking = true
    const taken = (async () => {
      for (let n = 0; n < 60; n++) {
        // Each content comes, goes and comes again, from servers that know nothing of each other's uploads.
        const path = `${folder}/${n % 20}.txt`
        const url = `${addresses[n % 2]}${path}`
        const put = await fetch(url, { method: 'PUT', body: `content ${n % 20}` })
        expect(put.status).toBe(200)
        if (n < 40) await fetch(`${addresses[(n + 1) % 2]}${path}`, { method: 'DELETE' })
      }
      taking = false
    })()
    while (taking) {
      const body = { olderThan: '1d', grace: '300ms', dryRun: false }
      expect(await send(2, '/api/v1/storage/collect', body)).toMatchObject({ status: 200 })
    }
    await taken
    for (let n = 0; n < 20; n++) {
      const found = await fetch(`${addresses[n % 3]}${folder}/${n}.txt`)
      expect(await found.text()).toBe(`content ${n}`)
    }
  })

  it('shares artifacts, and hands out addresses in the bucket', async () => {
    const folder = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts`
    const put = (server: number, name: string, body: string) =>
      fetch(`${addresses[server]}${folder}/${name}`, { method: 'PUT', body })
    const puts = await Promise.all(servers.map((server) => put(server, 'same.txt', 'the same')))
    expect(puts.map(({ status }) => status)).toEqual([200, 200, 200])
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

  it('tells each event of a webhook under one id, also those that a killed server had begun to send', async () => {
    const events = [{ entity: 'MODEL_VERSION_TAG', action: 'SET' }]
    const made = await send(0, 'webhooks', { name: 'told', url: hook.url, events })
    expect(made.status).toBe(200)
    const [name, version] = ['contended', '1']
    const told: string[] = []
    let isKilled = false
    for (const n of rounds) {
      const key = `k${n}`
      // The third is killed among its deliveries; from then on the others alone are asked.
      if (n === 12) {
        children[2]?.kill('SIGKILL')
        isKilled = true
      }
      const answer = await send(isKilled ? n % 2 : n, 'model-versions/set-tag', {
        name,
        version,
        key,
        value: 'v',
      })
      if (answer.status === 200) told.push(key)
    }
    expect(told).toHaveLength(rounds.length)
    const idsOf = (key: string) => hook.received.filter((one) => one.key === key)
    // What it had claimed is free when its lease has run out.
    await expect
      .poll(() => told.filter((key) => idsOf(key).length === 0), { timeout: 50_000 })
      .toEqual([])
    await sleep(500)
    for (const key of told) expect(new Set(idsOf(key).map(({ id }) => id)).size).toBe(1)
    // Again only what was on its way when it died: no more than one server sends at once.
    expect(hook.received.length - told.length).toBeLessThanOrEqual(8)
  })
})

/** Notes the id of each delivery, and the tag that it tells of. */
async function receiver() {
  const received: { readonly id: string; readonly key: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { data } = JSON.parse(body) as { readonly data: { readonly key: string } }
    received.push({ id: String(request.headers['x-mlflow-delivery-id']), key: data.key })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

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
