import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './test-server.ts'

describe('places that clients name', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await testServer('sqlite')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: await answer.json() }
  }

  it.each([
    ['https://host/model', /names a host/],
    ['http://169.254.169.254/latest/meta-data', /names a host/],
    ['FTP:///etc/passwd', /names a host/],
    ['hdfs://namenode/model', /names a host/],
    ['mlflow-artifacts://host/0/x', /another server/],
    ['FILE:///etc/passwd', /local path/],
    ['C:/windows', /local path/],
    ['s3://bucket/%2e%2e%2fother', /"\.\."/],
    ['s3://bucket/m?versionId=1', /query/],
    ['s3://bucket/m#part', /fragment/],
    ['s3://bucket', /absolute path/],
    ['s3:bucket', /absolute path/],
    ['s3://bucket/./m', /absolute path/],
    ['models://m-00000000000000000000000000000000', /absolute path/],
    ['models://host/m/1', /not the URI/],
  ])('no version comes from %s', async (source, message) => {
    const answer = await post('model-versions/create', { name: 'm', source })
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(message) },
    })
  })

  it.each(['https://h/x', 'hdfs://h/x', 'data:,x', 's3://b/x#y', 's3://b/x?a=..'])(
    'no experiment keeps its files at %s',
    async (artifact_location) => {
      const answer = await post('experiments/create', { name: 'x', artifact_location })
      expect(answer).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining("for parameter 'artifact_location'") },
      })
    },
  )
})
