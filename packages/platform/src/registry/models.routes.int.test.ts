import { modelVersionView, modelView } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelMark, modelSignature, type TestServer, testServer } from './test-server.ts'

describe('models API', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await testServer('sqlite')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const call = async (method: string, path: string, body?: string) => {
    const answer = await fetch(`${server.url}/api/v1/models${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    })
    const text = await answer.text()
    return { status: answer.status, text, json: () => JSON.parse(text) as never }
  }
  const content = `${modelMark} of a model`

  it('registers an ONNX file, points an alias at it and gives it back', async () => {
    const made = await call(
      'POST',
      '/bike%20demand/versions?description=first&alias=champion',
      content,
    )
    expect(made.status).toBe(201)
    expect(modelVersionView.parse(made.json())).toMatchObject({
      name: 'bike demand',
      version: 1,
      description: 'first',
      aliases: ['champion'],
      signature: modelSignature,
      modelSizeBytes: content.length,
    })
    const file = await call('GET', '/bike%20demand/versions/1/model.onnx')
    expect(file.text).toBe(content)
    const byAlias = await call('GET', '/bike%20demand/versions/@champion')
    expect(modelVersionView.parse(byAlias.json()).version).toBe(1)
  })

  it('moves an alias and pages versions and models', async () => {
    await call('POST', '/bike%20demand/versions', content)
    await call('POST', '/another/versions', content)
    const moved = await call('PUT', '/bike%20demand/aliases/champion', '{"version": 2}')
    expect(modelVersionView.parse(moved.json())).toMatchObject({
      version: 2,
      aliases: ['champion'],
    })
    const first = JSON.parse((await call('GET', '/bike%20demand/versions?limit=1')).text)
    expect(first.items.map((item: { version: number }) => item.version)).toEqual([2])
    const rest = `/bike%20demand/versions?limit=1&pageToken=${first.nextPageToken}`
    const second = JSON.parse((await call('GET', rest)).text)
    expect(second).toMatchObject({ items: [{ version: 1 }] })
    expect(second.nextPageToken).toBeUndefined()
    const models = JSON.parse((await call('GET', '')).text)
    expect(models.items.map((item: unknown) => modelView.parse(item).name)).toEqual([
      'another',
      'bike demand',
    ])
  })

  it.each([
    ['POST', '/m/versions', 'not a model', 400, 'INVALID_MODEL'],
    ['POST', '/m/versions', '', 400, 'INVALID_MODEL'],
    ['POST', '/a%2Fb/versions', content, 400, 'INVALID_REQUEST'],
    ['POST', '/m/versions?alias=latest', content, 400, 'INVALID_REQUEST'],
    ['POST', '/m/versions?unknown=1', content, 400, 'INVALID_REQUEST'],
    ['GET', '/missing', undefined, 404, 'NOT_FOUND'],
    ['GET', '/a%00b', undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/another/versions/7', undefined, 404, 'NOT_FOUND'],
    ['GET', '/another/versions/@none', undefined, 404, 'NOT_FOUND'],
    ['GET', '/another/versions/x', undefined, 400, 'INVALID_REQUEST'],
    ['GET', '?pageToken=x', undefined, 400, 'INVALID_REQUEST'],
    ['PUT', '/another/aliases/a', '{"version": 9}', 404, 'NOT_FOUND'],
    ['PUT', '/another/aliases/a', '{"version": 1, "more": 2}', 400, 'INVALID_REQUEST'],
    ['PUT', '/another/aliases/v7', '{"version": 1}', 400, 'INVALID_REQUEST'],
  ])('refuses %s %s', async (method, path, body, status, code) => {
    const answer = await call(method, path, body)
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([status, code])
    expect((await call('GET', '/m')).status).toBe(404)
    expect(server.defects).toEqual([])
  })
})
