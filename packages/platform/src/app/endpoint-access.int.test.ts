import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

function model(): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  graph.output(graph.add('Identity', [x]), { name: 'y', type: 'float', shape: [1] })
  return Uint8Array.from(graph.finish('same', {}))
}

const servers = testDialects.flatMap(({ dialect, available }) =>
  [true, false].map((authentication) => ({ dialect, available, authentication })),
)

describe.each(servers)('access to endpoints on $dialect, --auth $authentication', (kind) => {
  const { dialect, available, authentication } = kind
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    const anybody = authentication ? bearer(operator) : ''
    beforeAll(async () => {
      server = await startTestServer(dialect, { authentication })
      const uploaded = await fetch(`${server.url}/api/v1/models/m/versions`, {
        method: 'POST',
        headers: { ...(anybody && { authorization: anybody }) },
        body: model(),
      })
      expect(uploaded.status).toBe(201)
      for (const name of ['a', 'b']) {
        await call('POST /api/v1/endpoints', anybody, { name, model: 'm' })
        const arms = [{ name: 'only', model: 'models:/m/1' }]
        expect((await call(`PUT /api/v1/endpoints/${name}/route`, anybody, { arms })).status).toBe(
          200,
        )
      }
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    const call = (what: string, as: string, body?: unknown) => server.send(what, { as, body })
    const token = async (fields: object): Promise<string> =>
      bearer(
        (await call('POST /api/v1/tokens', anybody, { name: 't', role: 'viewer', ...fields })).body
          .secret,
      )
    const settings = (name: string, body: object) =>
      call(`PUT /api/v1/endpoints/${name}/settings`, anybody, body)
    const ask = (name: string, as: string, id = 'one') =>
      call(`POST /endpoints/${name}/invocations`, as, {
        dataframe_records: [{ x: 1 }],
        kaizen: { inference_id: id },
      })

    it('a scoped token asks its endpoint, sends feedback to it, and does nothing else', async () => {
      const scoped = await token({ endpoint: 'a', role: 'admin' })
      expect((await ask('a', scoped)).body).toEqual({ predictions: [1] })
      expect((await ask('b', scoped)).status).toBe(403)
      const infer = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] }
      expect((await call('POST /v2/models/a/infer', scoped, infer)).status).toBe(200)
      expect(await call('POST /v2/models/b/infer', scoped, infer)).toMatchObject({
        status: 403,
        body: { error: expect.stringContaining('"a" only') },
      })
      const items = [{ inferenceId: 'one', value: 2 }]
      const feedback = (name: string) =>
        call(`POST /api/v1/endpoints/${name}/feedback`, scoped, { items })
      expect((await feedback('a')).body).toMatchObject({ accepted: 1 })
      expect((await feedback('b')).status).toBe(403)
      for (const what of [
        'GET /api/v1/endpoints',
        'GET /api/v1/tokens',
        'DELETE /api/v1/endpoints/a',
      ]) {
        expect(await call(what, scoped)).toMatchObject({ status: 403 })
      }
      const listed = (await call('GET /api/v1/tokens', anybody)).body.items
      expect(listed).toContainEqual(expect.objectContaining({ name: 't', endpoint: 'a' }))
    })

    it('an endpoint asks who calls, for a role or for a token of its own', async () => {
      const [viewer, editor] = [await token({}), await token({ role: 'editor' })]
      const scoped = await token({ endpoint: 'a' })
      await settings('a', { access: {} })
      const unnamed = await ask('a', '')
      expect([unnamed.status, (await ask('a', viewer)).status]).toEqual([401, 200])
      await settings('a', { access: { role: 'editor' } })
      expect([(await ask('a', viewer)).status, (await ask('a', editor)).status]).toEqual([403, 200])
      await settings('a', { access: { callers: 'scoped' } })
      expect([(await ask('a', editor)).status, (await ask('a', scoped)).status]).toEqual([403, 200])
      const metrics = (await call('GET /metrics', anybody)).body as string
      expect(metrics).toMatch(/kaizen_inference_refused_total\{endpoint="a",reason="access"\} \d/)
      expect((await settings('a', { access: { callers: 'nobody' } })).status).toBe(400)
      await settings('a', {})
    })

    it('a token that is revoked or made up opens nothing, also where the server asks nobody', async () => {
      await settings('a', { access: {} })
      const made = await call('POST /api/v1/tokens', anybody, {
        name: 'gone',
        role: 'viewer',
        endpoint: 'a',
      })
      const gone = bearer(made.body.secret)
      expect((await ask('a', gone)).status).toBe(200)
      await call(`DELETE /api/v1/tokens/${made.body.id}`, anybody)
      expect((await ask('a', gone)).status).toBe(401)
      expect((await ask('a', bearer('kz_madeup'))).status).toBe(401)
      await settings('a', {})
    })

    it('each client has its own quota, with 429 and the time to wait, which outlives a change of settings', async () => {
      const [first, second] = [await token({ name: 'first' }), await token({ name: 'second' })]
      const limits = {
        quotas: [
          { per: 'day', requests: 2 },
          { per: 'month', rows: 100 },
        ],
      }
      await settings('b', { limits })
      const statuses = [await ask('b', first), await ask('b', first), await ask('b', first)]
      expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429])
      const refused = statuses[2]!
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1)
      expect(refused.body.message).toContain('token:first has used its quota of 2 requests a day')
      await settings('b', { limits: { ...limits, maxConcurrent: 4 } })
      expect([(await ask('b', first)).status, (await ask('b', second)).status]).toEqual([429, 200])
      expect((await settings('b', { limits: { quotas: [{ per: 'day' }] } })).status).toBe(400)
      const metrics = (await call('GET /metrics', anybody)).body as string
      expect(metrics).toContain('kaizen_inference_refused_total{endpoint="b",reason="quota"} 2')
    })
  })
})
