import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startTestServer } from '../test-server.ts'

interface Told {
  readonly path: string
  readonly key: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: what a collector gets
  readonly body: any
}

/** A collector that answers with the given statuses in turn, and 200 when they are used up. */
async function collector(statuses: number[] = []) {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const status = statuses.shift() ?? 200
    if (status === 200)
      told.push({
        path: request.url ?? '',
        key: request.headers['api-key'] as string | undefined,
        body: JSON.parse(text),
      })
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const spans = () =>
    told
      .filter(({ path }) => path === '/base/v1/traces')
      .flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans)
  const metrics = () =>
    new Map(
      told
        .filter(({ path }) => path === '/base/v1/metrics')
        .flatMap(({ body }) => body.resourceMetrics[0].scopeMetrics[0].metrics)
        .map((metric) => [metric.name, metric]),
    )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    told,
    spans,
    metrics,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const before = { ...process.env }
const set = (changes: Readonly<Record<string, string>>): void => {
  Object.assign(process.env, changes)
}
afterEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('OTEL_')) delete process.env[name]
  Object.assign(process.env, before)
})

it('tells a collector of requests within the traces of their callers, and of its metrics', async () => {
  await using fake = await collector([503])
  set({
    OTEL_EXPORTER_OTLP_ENDPOINT: fake.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20secret',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_METRIC_EXPORT_INTERVAL: '300',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  {
    await using server = await startTestServer('sqlite')
    const ask = (call: string, traceparent: string) =>
      server.send(call, { headers: { traceparent } })
    await ask('GET /api/v1/monitors?limit=3', `00-${traceId}-${spanId}-01`)
    await ask('GET /api/v1/monitors/none', `00-${traceId}-${spanId}-00`)
    await ask('GET /api/v1/datasets', '00-00000000000000000000000000000000-00f067aa0ba902b7-01')
    await expect.poll(() => fake.spans().length, { timeout: 10_000 }).toBe(2)
    await expect.poll(() => fake.metrics().size, { timeout: 10_000 }).toBeGreaterThan(5)
  }
  const joined = fake.spans().find((span) => span.traceId === traceId)
  const own = fake.spans().find((span) => span.traceId !== traceId)
  expect(joined).toMatchObject({
    traceId,
    parentSpanId: spanId,
    name: 'GET /api/v1/monitors',
    kind: 2,
    status: {},
    attributes: expect.arrayContaining([
      { key: 'http.response.status_code', value: { intValue: '200' } },
      { key: 'url.path', value: { stringValue: '/api/v1/monitors' } },
    ]),
  })
  expect(BigInt(joined.endTimeUnixNano) > BigInt(joined.startTimeUnixNano)).toBe(true)
  expect(Math.abs(Number(BigInt(joined.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(
    60_000,
  )
  // A caller that did not sample decides, a malformed one does not.
  expect(own.parentSpanId).toBeUndefined()
  expect(own.traceId).not.toMatch(/^0+$/)
  expect(fake.told.every(({ key }) => key === 'a secret')).toBe(true)
  const first = fake.told.find(({ path }) => path.endsWith('/traces'))
  expect(first?.body.resourceSpans[0].resource.attributes).toEqual(
    expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'kaizen' } }]),
  )
  const metrics = fake.metrics()
  expect(metrics.get('process_cpu_user_seconds_total')).toMatchObject({
    sum: { isMonotonic: true, aggregationTemporality: 2 },
  })
  expect(
    metrics.get('process_resident_memory_bytes')?.gauge.dataPoints[0].asDouble,
  ).toBeGreaterThan(1e6)
})

it('serves on while no collector is there, and refuses settings that make no sense', async () => {
  set({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '20' })
  {
    await using server = await startTestServer('sqlite')
    for (let n = 0; n < 5; n++) expect((await server.send('GET /api/v1/monitors')).status).toBe(200)
  }
  set({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' })
  await expect(startTestServer('sqlite')).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  set({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_SAMPLER: 'sometimes' })
  await expect(startTestServer('sqlite')).rejects.toMatchObject({
    message: expect.stringContaining('sometimes'),
  })
  set({ OTEL_TRACES_SAMPLER: '', OTEL_EXPORTER_OTLP_HEADERS: 'top-secret' })
  await expect(startTestServer('sqlite')).rejects.not.toThrow('top-secret')
})
