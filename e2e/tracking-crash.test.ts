import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { deliveryReceiver } from './delivery-receiver.ts'
import { TestServer } from './test-program.ts'

const api = '/api/2.0/mlflow'
const kills = 6
const clients = 8

/** What servers have acknowledged, by what would show it. */
interface Acknowledged {
  readonly points: Map<string, Set<number>>
  readonly params: Map<string, string>
  readonly tags: Map<string, string>
  readonly artifacts: Map<string, string>
  readonly versions: Set<string>
  /** Rationales of assessments by trace; null while the trace has none that was acknowledged. */
  readonly traces: Map<string, string | null>
  /** Ids of logged models, with the parameter that each was made with. */
  readonly models: Map<string, string>
  /** Traces that came as spans, by id, with the name of their span. */
  readonly spans: Map<string, string>
}

async function call(
  address: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${address}${path.startsWith('/') ? path : `${api}/${path}`}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

/** Logs without pause until the server is gone, and notes each thing only when it was acknowledged. */
async function logUntilGone(
  address: string,
  runId: string,
  name: string,
  acknowledged: Acknowledged,
): Promise<number> {
  const points = acknowledged.points.get(runId) ?? new Set<number>()
  acknowledged.points.set(runId, points)
  const run_id = runId
  for (let n = 0; ; n++) {
    const [key, value, step] = [`${name}-${n}`, `value ${n}`, points.size + n * 7919]
    try {
      await call(address, 'runs/log-metric', { run_id, key: 'loss', value: n, timestamp: 1, step })
      points.add(step)
      await call(address, 'runs/log-parameter', { run_id, key, value })
      acknowledged.params.set(`${runId} ${key}`, value)
      await call(address, 'runs/set-tag', { run_id, key, value })
      acknowledged.tags.set(`${runId} ${key}`, value)
      const path = `0/${runId}/artifacts/${key}.txt`
      const put = { method: 'PUT', body: `${value} of ${runId}` }
      const sent = await fetch(`${address}/api/2.0/mlflow-artifacts/artifacts/${path}`, put)
      if (sent.ok) acknowledged.artifacts.set(path, put.body)
      const made = await call(address, 'model-versions/create', { name: 'm', source: 's3://a/b' })
      acknowledged.versions.add((made['model_version'] as { version: string }).version)
      await logTrace(address, value, acknowledged)
      await logSpan(address, value, acknowledged)
      const params = [{ key: 'depth', value }]
      const logged = await call(address, 'logged-models', { experiment_id: '0', name: key, params })
      const { info } = logged['model'] as { info: { model_id: string } }
      acknowledged.models.set(info.model_id, value)
    } catch {
      return n
    }
  }
}

const traceApi = '/api/3.0/mlflow/traces'

/** A trace, and then an assessment of it. */
async function logTrace(address: string, value: string, { traces }: Acknowledged): Promise<void> {
  const trace_id = `tr-${randomBytes(16).toString('hex')}`
  const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }
  const info = { trace_id, trace_location: location, request_time: '2026-01-01T00:00:00Z' }
  await call(address, traceApi, { trace: { trace_info: { ...info, state: 'OK' } } })
  traces.set(trace_id, null)
  await call(address, `${traceApi}/${trace_id}/assessments`, {
    assessment: {
      assessment_name: 'good',
      trace_id,
      source: { source_type: 'HUMAN', source_id: 'ann' },
      feedback: { value: true },
      rationale: value,
    },
  })
  traces.set(trace_id, value)
}

/** A span by OTLP, of which the trace is made. */
async function logSpan(address: string, name: string, { spans }: Acknowledged): Promise<void> {
  const traceId = randomBytes(16).toString('hex')
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name,
    startTimeUnixNano: '1767225600000000000',
    endTimeUnixNano: '1767225601000000000',
  }
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }
  const headers = { 'content-type': 'application/json', 'x-mlflow-experiment-id': '0' }
  await call(address, '/v1/traces', body, headers)
  spans.set(`tr-${traceId}`, name)
}

it(`keeps all that was acknowledged through ${kills} kills under load`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-tracking-crash-'))
  const acknowledged: Acknowledged = {
    points: new Map(),
    params: new Map(),
    tags: new Map(),
    artifacts: new Map(),
    versions: new Set(),
    traces: new Map(),
    models: new Map(),
    spans: new Map(),
  }
  await using receiver = await deliveryReceiver()
  const args = ['--data-dir', folder, '--webhooks-to-private']
  const runs: string[] = []
  for (let round = 0; round < kills; round++) {
    await using server = await TestServer.start(args)
    const { address } = server
    if (round === 0) {
      const events = [{ entity: 'MODEL_VERSION', action: 'CREATED' }]
      await call(address, 'webhooks', { name: 'told', url: receiver.url, events })
      await call(address, 'registered-models/create', { name: 'm' })
      for (let client = 0; client < clients; client++) {
        const made = await call(address, 'runs/create', { experiment_id: '0', start_time: 1 })
        runs.push((made['run'] as { info: { run_id: string } }).info.run_id)
      }
    }
    const logging = runs.map((runId) => logUntilGone(address, runId, `r${round}`, acknowledged))
    // However busy the machine is, each life has taken something of every kind.
    while (acknowledged.models.size < clients * (round + 1)) await sleep(10)
    await sleep(50 * round)
    await server.kill()
    await receiver.nextLife()
    await Promise.all(logging)
  }
  expect(acknowledged.artifacts.size).toBeGreaterThan(clients)

  await using server = await TestServer.start(args)
  const get = async (path: string) => fetch(`${server.address}${path}`)
  for (const runId of runs) {
    const history = await get(`${api}/metrics/get-history?run_id=${runId}&metric_key=loss`)
    const { metrics } = (await history.json()) as { metrics: readonly { step: number }[] }
    const steps = new Set(metrics.map(({ step }) => step))
    const lost = [...(acknowledged.points.get(runId) ?? [])].filter((step) => !steps.has(step))
    expect(lost).toEqual([])
    const { run } = (await (await get(`${api}/runs/get?run_id=${runId}`)).json()) as {
      run: { data: Record<'params' | 'tags', readonly { key: string; value: string }[]> }
    }
    for (const what of ['params', 'tags'] as const) {
      const stored = new Map(run.data[what].map(({ key, value }) => [`${runId} ${key}`, value]))
      const noted = [...acknowledged[what]].filter(([key]) => key.startsWith(runId))
      expect(noted.filter(([key, value]) => stored.get(key) !== value)).toEqual([])
    }
  }
  for (const [path, text] of acknowledged.artifacts) {
    const answer = await get(`/api/2.0/mlflow-artifacts/artifacts/${path}`)
    expect(await answer.text()).toBe(text)
  }
  for (const version of acknowledged.versions) {
    const answer = await get(`${api}/model-versions/get?name=m&version=${version}`)
    expect(answer.status).toBe(200)
  }
  expect([...acknowledged.traces.values()].filter(Boolean).length).toBeGreaterThan(clients)
  for (const [id, rationale] of acknowledged.traces) {
    const answer = await get(`${traceApi}/get?trace_id=${id}`)
    const { trace } = (await answer.json()) as {
      trace: { trace_info: { assessments?: readonly { rationale: string }[] } }
    }
    const kept = trace.trace_info.assessments?.map((assessment) => assessment.rationale)
    if (rationale !== null) expect({ id, kept }).toEqual({ id, kept: [rationale] })
  }
  expect(acknowledged.models.size).toBeGreaterThan(clients)
  for (const [id, value] of acknowledged.models) {
    const { model } = (await (await get(`${api}/logged-models/${id}`)).json()) as {
      model: { data: { params: readonly { value: string }[] } }
    }
    expect(model.data.params.map((param) => param.value)).toEqual([value])
  }
  for (const [id, name] of acknowledged.spans) {
    const { trace } = (await (await get(`${traceApi}/get?trace_id=${id}`)).json()) as {
      trace: { spans: readonly { name: string }[] }
    }
    expect(trace.spans.map((span) => span.name)).toEqual([name])
  }
  await expectTold(receiver, [...acknowledged.versions])
  const audit = (await (await get('/api/v1/audit/verify')).json()) as { ok: boolean }
  expect(audit.ok).toBe(true)
  await rm(folder, { recursive: true, force: true })
})

/** Each version that was acknowledged is told under one id, and again only where the server died before it knew the answer. */
async function expectTold(
  receiver: Awaited<ReturnType<typeof deliveryReceiver>>,
  versions: readonly string[],
): Promise<void> {
  const told = () => new Set(receiver.received.map(({ data }) => data.version))
  const untold = () => versions.filter((version) => !told().has(version))
  await expect.poll(untold, { timeout: 60_000 }).toEqual([])
  const ids = new Map<string, Set<string>>()
  for (const { id, data } of receiver.received)
    ids.set(data.version, (ids.get(data.version) ?? new Set()).add(id))
  expect([...ids].filter(([, of]) => of.size !== 1)).toEqual([])
  expect(receiver.twiceInOneLife()).toEqual([])
}
