import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

/** Adds an amount to one number. */
function model(amount: number): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  const sum = graph.add('Add', [graph.cast(x, 'double'), graph.doubles([amount])])
  graph.output(graph.cast(sum, 'float'), { name: 'y', type: 'float', shape: [1] })
  return Uint8Array.from(graph.finish('adding', {}))
}

describe.each(testDialects)('signed serving on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    beforeAll(async () => {
      server = await startTestServer(dialect)
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    const upload = async (amount: number): Promise<string> => {
      const answer = await fetch(`${server.url}/api/v1/models/m/versions`, {
        method: 'POST',
        headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
        body: model(amount),
      })
      expect(answer.status).toBe(201)
      return ((await answer.json()) as { modelDigest: string }).modelDigest
    }
    const route = (version: number) =>
      server.send('PUT /api/v1/endpoints/e/route', {
        body: {
          arms: [{ name: 'champion', model: `models:/m/${version}`, mode: 'live', weight: 1 }],
        },
      })
    const predict = async () => {
      const { body } = await server.send('POST /v2/models/e/infer', {
        body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] },
      })
      return body.outputs?.[0].data[0]
    }
    const signature = (method: string, version: number) =>
      server.send(`${method} /api/v1/models/m/versions/${version}/signature`)

    it('an endpoint of a model that asks for signatures routes to signed versions only', async () => {
      await upload(10)
      await upload(20)
      await server.send('POST /api/v1/endpoints', { body: { name: 'e', model: 'm' } })
      expect((await route(1)).status).toBe(200)
      const policy = { rules: [], requireSignature: true }
      expect(
        (await server.send('PUT /api/v1/models/m/approval-policy', { body: policy })).body,
      ).toEqual(policy)
      expect(await route(2)).toMatchObject({
        status: 403,
        body: { error: { code: 'FORBIDDEN', hint: 'Sign it: kaizen models sign m 2' } },
      })
      expect(await predict()).toBe(11)
      expect((await signature('POST', 2)).status).toBe(201)
      expect((await signature('GET', 2)).body).toMatchObject({ verified: true })
      expect((await route(2)).status).toBe(200)
      expect(await predict()).toBe(21)
      const { body } = await server.send('GET /api/v1/models/m/versions/2/card')
      expect(body.markdown).toMatch(/## Signature[^#]*verified/)
    })

    it('and never to one whose file was changed where it lies', async () => {
      const digest = await upload(30)
      expect((await signature('POST', 3)).status).toBe(201)
      const files = await readdir(server.dataDir, { recursive: true })
      const file = files.find((path) => path.replaceAll('/', '').includes(digest))
      const path = join(server.dataDir, file ?? digest)
      await chmod(path, 0o600)
      await writeFile(path, model(666))
      expect(await route(3)).toMatchObject({
        status: 403,
        body: { error: { details: { state: 'file-changed' } } },
      })
      expect((await signature('GET', 3)).body).toMatchObject({
        verified: false,
        state: 'file-changed',
      })
      expect(await predict()).toBe(21)
    })

    it('refuses what is not there', async () => {
      expect((await signature('POST', 99)).status).toBe(404)
      expect((await signature('GET', 99)).status).toBe(404)
      expect((await signature('GET', 0)).status).toBe(400)
    })
  })
})
