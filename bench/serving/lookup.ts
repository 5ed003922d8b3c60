/**
 * Single rows whose features come from the online store, by the key of an entity, against the same rows with their
 * features in the request: `node bench/serving/lookup.ts`. Two endpoints of one server answer from one model, in turns.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { classifier, featureNames as names, seeded } from './class-model.ts'
import { openLoop } from './open-loop.ts'
import { BenchProcess } from './server-process.ts'
import { singleLoad, type WireRequest } from './single.ts'

const seconds = Number(process.env['KAIZEN_BENCH_SECONDS'] ?? 6)
const rounds = 5
const entities = 10_000
const perSecond = 200
const headers = { 'content-type': 'application/json' }

async function call(url: string, request: string, body: unknown): Promise<unknown> {
  const [method = '', route = ''] = request.split(' ')
  const content =
    typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(`${url}/api/v1${route}`, { method, body: content as string })
  const text = await response.text()
  if (!response.ok) throw new Error(`${request}: ${text}`)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

/** Values of single precision, so that both ways bring the model the same. */
const random = seeded(7)
const rows = Array.from({ length: entities }, () => Float32Array.from(names, random))

/** Brings the features of every entity into the online store. */
async function materialize(url: string): Promise<void> {
  const lines = rows.map((row, key) => `${key},2025-01-01T00:00:00Z,${row.join(',')}`)
  await call(url, 'POST /datasets', { name: 'facts' })
  const csv = `k,at,${names.join(',')}\n${lines.join('\n')}\n`
  await call(url, 'POST /datasets/facts/versions?format=csv', csv)
  await call(url, 'POST /entities', { name: 'who', joinKeys: [{ name: 'k', type: 'integer' }] })
  await call(url, 'POST /feature-views', {
    name: 'facts',
    entities: ['who'],
    source: { dataset: 'facts', eventTime: { column: 'at' } },
    features: names.map((name) => ({ name, type: 'number' })),
  })
  const asked = await call(url, 'POST /feature-views/facts/materializations', {})
  const { id } = asked as { readonly id: string }
  for (;;) {
    const found = await fetch(`${url}/api/v1/materializations/${id}`)
    const { state } = (await found.json()) as { readonly state: string }
    if (state === 'succeeded') return
    if (state === 'failed') throw new Error(`the features did not come into the online store`)
    await sleep(50)
  }
}

async function deploy(url: string, name: string, features?: object): Promise<void> {
  await call(url, 'POST /endpoints', { name, model: 'models:/bench/1' })
  const arms = [{ name: 'champion', model: 'models:/bench/1' }]
  await call(url, `PUT /endpoints/${name}/route`, { arms, reason: 'benchmark' })
  if (features) await call(url, `PUT /endpoints/${name}/settings`, { features })
}

const input = (name: string, datatype: string, value: number) => ({
  name,
  datatype,
  shape: [1, 1],
  data: [value],
})
const bodyOf = (inputs: readonly object[]): string => JSON.stringify({ inputs })
const given = rows.map((row) => bodyOf(names.map((name, i) => input(name, 'FP32', row[i]!))))
const lookedUp = rows.map((_, key) => bodyOf([input('k', 'INT64', key)]))

async function answerOf(url: string, endpoint: string, body: string): Promise<unknown> {
  const response = await fetch(`${url}/v2/models/${endpoint}/infer`, { method: 'POST', body })
  const { outputs } = (await response.json()) as { readonly outputs?: unknown }
  if (!outputs) throw new Error(`${endpoint} does not answer: ${response.status}`)
  return outputs
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!

class Way {
  readonly name: string
  readonly path: string
  readonly bodies: readonly string[]
  readonly p50Ms: number[] = []
  readonly p99Ms: number[] = []
  readonly cpuMs: number[] = []
  readonly perSecond: number[] = []

  constructor(name: string, bodies: readonly string[]) {
    this.name = name
    this.path = `/v2/models/${name}/infer`
    this.bodies = bodies
  }

  async measure(server: BenchProcess): Promise<void> {
    const { path, bodies } = this
    const body = (request: number): string => bodies[(request * 7919) % entities]!
    const open = await openLoop({ url: server.url, path, body, perSecond, seconds: seconds / 2 })
    if (open.failed > 0) throw new Error(`${this.name}: ${open.failed} failed`)
    this.p50Ms.push(open.p50Ms)
    this.p99Ms.push(open.p99Ms)
    const requests: readonly WireRequest[] = Array.from(bodies, (each) => ({ body: each, headers }))
    const load = await singleLoad(server, { path, requests, clients: 8, seconds: seconds / 2 })
    if (!load || load.failed > 0) throw new Error(`${this.name}: requests failed`)
    this.cpuMs.push(load.cpuMs)
    this.perSecond.push(load.perSecond)
  }

  get line(): string {
    const [p50, p99] = [middle(this.p50Ms).toFixed(2), middle(this.p99Ms).toFixed(2)]
    const cpu = Math.round(1000 * middle(this.cpuMs))
    return `${this.name}: p50 ${p50} ms, p99 ${p99} ms at ${perSecond}/s; ${Math.round(middle(this.perSecond))}/s, CPU ${cpu} µs a request at 8 connections`
  }
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-lookup-'))
try {
  const program = fileURLToPath(new URL('../../kaizen', import.meta.url))
  const data = join(folder, 'data')
  await using server = await BenchProcess.run(program, 'server', '--port', '0', '--data-dir', data)
  const { url } = server
  await call(url, 'POST /models/bench/versions', classifier())
  await materialize(url)
  await deploy(url, 'given')
  await deploy(url, 'looked-up', { features: names.map((name) => `facts:${name}`) })
  const same = [
    await answerOf(url, 'given', given[42]!),
    await answerOf(url, 'looked-up', lookedUp[42]!),
  ]
  if (JSON.stringify(same[0]) !== JSON.stringify(same[1])) throw new Error('the answers differ')
  const ways = [new Way('given', given), new Way('looked-up', lookedUp)]
  for (let round = 0; round < rounds; round++) for (const way of ways) await way.measure(server)
  for (const way of ways) console.log(way.line)
} finally {
  await rm(folder, { recursive: true, force: true })
}
