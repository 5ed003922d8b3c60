import type { ManifestInput } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

const api = '/api/v1'
const stats = {
  name: 'stats',
  entities: ['customer'],
  source: { dataset: 'orders', eventTime: { column: 'at' } },
  features: [
    { name: 'orders', type: 'integer' },
    { name: 'spent', type: 'number' },
  ],
  ttl: '3650d',
}

describe.each(testDialects)('features over HTTP on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(dialect)
    await server.send(`POST ${api}/datasets`, {
      body: { name: 'orders', eventTime: { column: 'at' } },
    })
    await upload(
      `${api}/datasets/orders/versions?format=csv`,
      'customer_id,at,orders,spent\n7,2024-05-01T10:00:00Z,3,10.5\n8,2024-05-01T11:00:00Z,,nan',
    )
  }, 60_000)
  afterAll(() => server[Symbol.asyncDispose]())

  const upload = async (path: string, body: string) => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: bearer(operator),
        'content-type': 'application/octet-stream',
      },
      body,
    })
    return { status: response.status, body: await response.json() }
  }
  const online = (body: unknown, as?: string) =>
    server.send('POST /get-online-features', { body, ...(as === undefined ? {} : { as }) })

  it('defines, brings in and answers in the shape of Feast', async () => {
    const joinKeys = [{ name: 'customer_id', type: 'integer' }]
    const entity = await server.send(`POST ${api}/entities`, {
      body: { name: 'customer', joinKeys },
    })
    expect(entity).toMatchObject({ status: 201, body: { version: 1, project: null } })
    const view = await server.send(`POST ${api}/feature-views`, { body: stats })
    expect(view).toMatchObject({
      status: 201,
      body: { version: 1, joinKeys, online: { materializedTo: null } },
    })
    const service = await server.send(`POST ${api}/feature-services`, {
      body: { name: 'churn', views: [{ view: 'stats', features: ['spent', 'orders'] }] },
    })
    expect(service.status).toBe(201)
    const asked = await server.send('POST /materialize-incremental', { body: {} })
    expect(asked).toMatchObject({ status: 200, body: null })
    const answer = await online({
      entities: { customer_id: [7, 8, 9] },
      features: ['stats:spent', 'stats:orders'],
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      metadata: { feature_names: ['customer_id', 'spent', 'orders'] },
      results: [
        {
          values: [7, 8, 9],
          statuses: ['PRESENT', 'PRESENT', 'PRESENT'],
          event_timestamps: Array(3).fill('1970-01-01T00:00:00Z'),
        },
        {
          values: [10.5, 'NaN', null],
          statuses: ['PRESENT', 'PRESENT', 'NOT_FOUND'],
          event_timestamps: [
            '2024-05-01T10:00:00Z',
            '2024-05-01T11:00:00Z',
            '1970-01-01T00:00:00Z',
          ],
        },
        {
          values: [3, null, null],
          statuses: ['PRESENT', 'NULL_VALUE', 'NOT_FOUND'],
          event_timestamps: [
            '2024-05-01T10:00:00Z',
            '2024-05-01T11:00:00Z',
            '1970-01-01T00:00:00Z',
          ],
        },
      ],
    })
    // A service wins over features, as there; names in full where asked.
    const full = await online({
      entities: { customer_id: [7] },
      features: ['nobody:x'],
      feature_service: 'churn',
      full_feature_names: true,
      unknown_field: 1,
    })
    expect(full.body.metadata.feature_names).toEqual([
      'customer_id',
      'stats__spent',
      'stats__orders',
    ])
  })

  it('takes pushes, and tells errors as the stock client reads them', async () => {
    const at = ['2024-06-01T00:00:00.000001']
    const df = { customer_id: [7], at, orders: [4], spent: [11] }
    const pushed = await server.send('POST /push', { body: { push_source_name: 'stats', df } })
    expect(pushed).toMatchObject({ status: 200, body: null })
    const now = await online({ entities: { customer_id: ['7'] }, features: ['stats:orders'] })
    expect(now.body.results[1]).toEqual({
      values: [4],
      statuses: ['PRESENT'],
      event_timestamps: ['2024-06-01T00:00:00.000001Z'],
    })
    const errorOf = (answer: { readonly body: unknown }) => JSON.parse(answer.body as string)
    const unknown = await online({ entities: { customer_id: [7] }, features: ['nobody:x'] })
    expect(unknown.status).toBe(404)
    expect(errorOf(unknown)).toMatchObject({
      module: 'feast.errors',
      class: 'FeatureViewNotFoundException',
      message: expect.stringContaining('no feature view named "nobody"'),
    })
    const wrong: readonly [string, unknown][] = [
      ['POST /get-online-features', { entities: {}, features: ['stats:orders'] }],
      ['POST /get-online-features', { entities: { customer_id: [7] } }],
      ['POST /get-online-features', { entities: { customer_id: [7] }, features: ['stats'] }],
      [
        'POST /get-online-features',
        { entities: { customer_id: [1.5] }, features: ['stats:orders'] },
      ],
      ['POST /get-online-features', { entities: { customer_id: 7 }, features: ['stats:orders'] }],
      [
        'POST /get-online-features',
        { entities: { customer_id: [7], orders: [1] }, features: ['stats:orders'] },
      ],
      [
        'POST /get-online-features',
        { entities: { customer_id: [7], other: [1, 2] }, features: ['stats:orders'] },
      ],
      ['POST /push', { push_source_name: 'stats', df: { ...df, orders: [1, 2] } }],
      ['POST /push', { push_source_name: 'stats', df: {} }],
      ['POST /push', { push_source_name: 'stats', df, to: 'nowhere' }],
      ['POST /materialize', { end_ts: '2024-01-01' }],
      ['POST /materialize', { start_ts: '2024-02-01', end_ts: '2024-01-01' }],
      ['POST /materialize-incremental', { end_ts: 'tomorrow' }],
    ]
    for (const [call, body] of wrong) {
      const refused = await server.send(call, { body })
      expect([call, JSON.stringify(body), refused.status]).toEqual([
        call,
        JSON.stringify(body),
        422,
      ])
      expect(errorOf(refused).message).not.toBe('')
    }
  })

  it('joins uploads and datasets, and says what does not fit', async () => {
    const rows = 'customer_id,asked,label\n8,2024-05-02T00:00:00Z,1\n7,2024-04-01T00:00:00Z,0'
    const query = 'format=csv&eventTime=asked&into=train&features=stats:orders&features=stats:spent'
    const joined = await upload(`${api}/feature-joins/upload?${query}`, rows)
    expect(joined).toMatchObject({
      status: 201,
      body: { version: { dataset: 'train', rowCount: 2 }, views: [{ matched: 1, unmatched: 1 }] },
    })
    const again = await server.send(`POST ${api}/feature-joins`, {
      body: {
        rows: { dataset: 'train' },
        eventTime: 'asked',
        into: 'train-2',
        service: 'churn',
        fullNames: true,
        asOf: 'available',
      },
    })
    expect(again.status).toBe(201)
    const both = { rows: { dataset: 'train' }, eventTime: 'asked', into: 'x' }
    const none = await server.send(`POST ${api}/feature-joins`, { body: both })
    expect(none).toMatchObject({ status: 400, body: { error: { code: 'INVALID_REQUEST' } } })
    const empty = await upload(`${api}/feature-joins/upload?${query}`, 'customer_id,asked\n')
    expect(empty.status).toBe(400)
    const noFile = await upload(`${api}/feature-joins/upload?${query}`, '')
    expect(noFile.status).toBe(400)
  })

  it('lets everybody read values, editors change, and nobody without a name', async () => {
    const made = await server.send(`POST ${api}/tokens`, { body: { name: 'eve', role: 'viewer' } })
    const eve = bearer(made.body.secret)
    const body = { entities: { customer_id: [7] }, features: ['stats:orders'] }
    expect((await online(body, eve)).status).toBe(200)
    expect((await online(body, '')).status).toBe(403)
    const denied: readonly [string, unknown][] = [
      [`POST ${api}/feature-views`, stats],
      [`POST ${api}/feature-views/stats/materializations`, {}],
      [`POST ${api}/feature-views/stats/rows`, { rows: [{}] }],
      [`DELETE ${api}/feature-views/stats`, undefined],
      ['POST /push', { push_source_name: 'stats', df: { a: [1] } }],
    ]
    for (const [call, given] of denied) {
      const answer = await server.send(call, { as: eve, ...(given ? { body: given } : {}) })
      expect([call, answer.status]).toEqual([call, 403])
    }
    const event = await server.send(`GET ${api}/audit/events?subject=feature-view:stats`)
    expect(event.body.items.map(({ type }: { readonly type: string }) => type)).toContain(
      'features.rows.pushed',
    )
  })

  it('plans, applies and takes back what a project declares', async () => {
    const manifest: ManifestInput = {
      kaizen: 1,
      project: 'shop',
      pipelines: [],
      endpoints: [],
      monitors: [],
      policies: [],
      datasets: [{ name: 'visits', eventTime: { column: 'at' } }],
      entities: [{ name: 'visitor', joinKeys: [{ name: 'visitor', type: 'string' }] }],
      featureViews: [
        {
          name: 'recent',
          entities: ['visitor'],
          features: [{ name: 'n', type: 'integer' }],
          source: { dataset: 'visits', eventTime: { column: 'at' } },
        },
      ],
      featureServices: [{ name: 'all', views: [{ view: 'recent' }] }],
      bundle: [],
    }
    const kinds = async (of: ManifestInput) => {
      const { body } = await server.send(`POST ${api}/projects/plan`, { body: of })
      return Object.fromEntries(
        body.changes.map(({ object, kind }: { object: string; kind: string }) => [object, kind]),
      )
    }
    const apply = (of: ManifestInput) =>
      server.send(`POST ${api}/projects/apply`, { body: { manifest: of } })
    expect(await kinds(manifest)).toEqual({
      'dataset:visits': 'create',
      'entity:visitor': 'create',
      'feature-view:recent': 'create',
      'feature-service:all': 'create',
    })
    expect((await apply(manifest)).status).toBe(200)
    expect(Object.values(await kinds(manifest))).toEqual(['keep', 'keep', 'keep', 'keep'])
    const [view] = manifest.featureViews!
    await server.send(`POST ${api}/feature-views`, { body: { ...view, ttl: '1h' } })
    expect((await kinds(manifest))['feature-view:recent']).toBe('drifted')
    await apply(manifest)
    expect((await server.send(`GET ${api}/feature-views/recent`)).body).toMatchObject({
      project: 'shop',
      version: 3,
      definition: { ttl: null },
    })
    const astray = { ...view!, source: { ...view!.source, dataset: 'nowhere' } }
    const refused = await apply({ ...manifest, featureViews: [astray] })
    expect(refused.status).toBe(404)
    const { entities: _e, featureViews: _v, featureServices: _s, ...nothing } = manifest
    await apply(nothing)
    expect((await server.send(`GET ${api}/feature-views/recent`)).status).toBe(404)
    expect((await server.send(`GET ${api}/entities/visitor`)).status).toBe(404)
  })
})
