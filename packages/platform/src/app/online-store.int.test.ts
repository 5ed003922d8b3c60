import { expect, it } from 'vitest'
import { redisAvailable, startRedis } from '../features/test-redis.ts'
import { bearer, operator, startTestServer } from './test-server.ts'

it.skipIf(!redisAvailable())(
  'a server on Redis answers 503 while it is away',
  async () => {
    await using redis = await startRedis('a-secret')
    await using server = await startTestServer('sqlite', { onlineStore: redis.url })
    const api = '/api/v1'
    await server.send(`POST ${api}/datasets`, { body: { name: 'd' } })
    await fetch(`${server.url}${api}/datasets/d/versions?format=csv`, {
      method: 'POST',
      headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
      body: 'k,t,v\n7,2024-05-01,3',
    })
    const joinKeys = [{ name: 'k', type: 'integer' }]
    await server.send(`POST ${api}/entities`, { body: { name: 'e', joinKeys } })
    const source = { dataset: 'd', eventTime: { column: 't' } }
    const features = [{ name: 'v', type: 'integer' }]
    const body = { name: 'v', entities: ['e'], source, features }
    expect((await server.send(`POST ${api}/feature-views`, { body })).status).toBe(201)
    const asked = await server.send('POST /materialize-incremental', { body: {} })
    expect(asked.status).toBe(200)
    const look = () =>
      server.send('POST /get-online-features', {
        body: { entities: { k: [7] }, features: ['v:v'] },
      })
    expect((await look()).body.results[1].values).toEqual([3])
    await redis.kill()
    const away = await look()
    expect(away.status).toBe(503)
    expect(JSON.stringify(away.body)).toContain('does not answer')
    expect(JSON.stringify(away.body)).not.toContain('secret')
    const metrics = await (
      await fetch(`${server.url}/metrics`, { headers: { authorization: bearer(operator) } })
    ).text()
    expect(metrics).toMatch(/kaizen_online_store_failures_total [1-9]/)
    expect(metrics).not.toContain('secret')
  },
  60_000,
)
