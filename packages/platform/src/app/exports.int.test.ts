import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { models } from '../delivery/exports/test-models.ts'
import { testDialects } from '../storage/test-databases.ts'
import { basic, bearer, operator, startTestServer, type TestServer } from './test-server.ts'

const content = models
  .find(([name]) => name === 'logistic regression')![1]()
  .toOnnx()

describe.each(testDialects)('exports on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    beforeAll(async () => {
      server = await startTestServer(dialect)
      const made = await post('/api/v1/models/m/versions?alias=best', content)
      expect(made.status).toBe(201)
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    const post = (path: string, body: Uint8Array) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
        body: new Uint8Array(body),
      })
    const get = (path: string) =>
      fetch(`${server.url}${path}`, { headers: { authorization: bearer(operator) } })

    it('answers the same archive for a version, its alias, and again', async () => {
      const answers = await Promise.all(
        ['1', '@best', '1'].map((version) =>
          get(`/api/v1/models/m/versions/${version}/export?to=c`),
        ),
      )
      expect(answers[0]?.headers.get('content-type')).toBe('application/x-tar')
      const digests = await Promise.all(
        answers.map(async (answer) => Buffer.from(await answer.bytes())),
      )
      expect(digests[0]?.includes('void model_predict(')).toBe(true)
      expect(digests[1]?.equals(digests[0]!)).toBe(true)
      expect(digests[2]?.equals(digests[0]!)).toBe(true)
    })

    it('writes a file that is not registered, and registers nothing', async () => {
      const answer = await post('/api/v1/exports?to=javascript&name=mine', content)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain('function predict(row)')
      expect((await server.send('GET /api/v1/models')).body.items).toHaveLength(1)
    })

    it.each([
      ['/api/v1/models/m/versions/1/export?to=cobol', 400, 'INVALID_REQUEST'],
      ['/api/v1/models/m/versions/1/export', 400, 'INVALID_REQUEST'],
      ['/api/v1/models/m/versions/2/export?to=c', 404, 'NOT_FOUND'],
      ['/api/v1/models/none/versions/1/export?to=c', 404, 'NOT_FOUND'],
    ])('refuses %s', async (path, status, code) => {
      expect(await server.send(`GET ${path}`)).toMatchObject({ status, body: { error: { code } } })
    })

    it('refuses a body that is no model, and an empty one', async () => {
      for (const body of [Buffer.from('not a model'), new Uint8Array()]) {
        const answer = await post('/api/v1/exports?to=onnx', body)
        expect(answer.status).toBe(400)
        expect(await answer.json()).toMatchObject({ error: { code: 'INVALID_MODEL' } })
      }
    })

    it('refuses a version without an ONNX file, and callers who may not see the model', async () => {
      const mlflow = '/api/2.0/mlflow'
      await server.send(`POST ${mlflow}/registered-models/create`, { body: { name: 'other' } })
      await server.send(`POST ${mlflow}/model-versions/create`, {
        body: { name: 'other', source: 's3://elsewhere/model' },
      })
      expect(await server.send('GET /api/v1/models/other/versions/1/export?to=onnx')).toMatchObject(
        {
          status: 422,
          body: { error: { code: 'UNSUPPORTED' } },
        },
      )
      const password = 'correct horse battery'
      await server.send(`POST ${mlflow}/users/create`, { body: { username: 'eve', password } })
      await server.send('POST /api/3.0/mlflow/users/permissions/grant', {
        body: {
          username: 'eve',
          resource_type: 'registered_model',
          resource_id: 'm',
          permission: 'NO_PERMISSIONS',
        },
      })
      for (const [as, status] of [
        ['', 401],
        [basic('eve', password), 403],
      ] as const) {
        const path = '/api/v1/models/m/versions/1/export?to=c'
        expect((await server.send(`GET ${path}`, { as })).status).toBe(status)
      }
    })
  })
})
