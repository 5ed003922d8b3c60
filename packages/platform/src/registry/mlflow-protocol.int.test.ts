import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { modelMark, modelSignature, type TestServer, testServer } from './test-server.ts'

type Json = Record<string, unknown>
interface Reply {
  readonly status: number
  readonly body: Json
}

describe.each(testDialects)('MLflow protocol on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let server: TestServer
    let experimentId: string

    beforeAll(async () => {
      server = await testServer(dialect)
      const created = await send('POST', 'mlflow/experiments/create', { name: 'protocol' })
      experimentId = created.body['experiment_id'] as string
    })
    afterAll(() => server[Symbol.asyncDispose]())
    afterEach(() => expect(server.defects).toEqual([]))

    async function send(method: string, path: string, content?: unknown): Promise<Reply> {
      const answer = await fetch(`${server.url}/api/2.0/${path}`, {
        method,
        ...(content === undefined
          ? {}
          : { body: typeof content === 'string' ? content : JSON.stringify(content) }),
      })
      return { status: answer.status, body: (await answer.json()) as Json }
    }
    const get = (path: string, query: Record<string, string> = {}): Promise<Reply> =>
      send('GET', `mlflow/${path}?${new URLSearchParams(query)}`)
    const post = (path: string, body: unknown): Promise<Reply> =>
      send('POST', `mlflow/${path}`, body)
    /** The path exactly as given: `fetch` would tidy it first. */
    const raw = (method: string, path: string, body?: string): Promise<Reply> =>
      new Promise((resolve, reject) => {
        const call = request(server.url, { method, path }, (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            const isJson = answer.headers['content-type']?.includes('json')
            resolve({ status: answer.statusCode ?? 0, body: isJson ? JSON.parse(text) : { text } })
          })
        })
        call.on('error', reject)
        call.end(body)
      })
    const newRun = async (): Promise<string> => {
      const { body } = await post('runs/create', { experiment_id: experimentId })
      return (body as unknown as { run: { info: { run_id: string } } }).run.info.run_id
    }

    it.each([
      [
        'runs/log-metric',
        { run_id: 'x', key: 'a', timestamp: 1 },
        /Missing value for required parameter 'value'/,
      ],
      [
        'runs/log-metric',
        { run_id: 'x', key: '', value: 1, timestamp: 1 },
        /Missing value for required parameter 'key'/,
      ],
      [
        'runs/log-metric',
        { key: 'a', value: 1, timestamp: 1 },
        /Missing value for required parameter 'run_id'/,
      ],
      [
        'runs/log-metric',
        { run_id: 7, key: 'a', value: 1, timestamp: 1 },
        /for parameter 'run_id' supplied/,
      ],
      [
        'runs/log-metric',
        { run_id: 'x', key: 'a', value: 'high', timestamp: 1 },
        /for parameter 'value' supplied: expected a number, got "high"/,
      ],
      [
        'runs/log-metric',
        { run_id: 'x', key: 'a', value: true, timestamp: 1 },
        /for parameter 'value'/,
      ],
      [
        'runs/log-metric',
        { run_id: 'x', key: 'a', value: 1, timestamp: 'now' },
        /for parameter 'timestamp'/,
      ],
      [
        'runs/log-batch',
        { run_id: 'x', metrics: [{ key: 'a', value: 1 }] },
        /parameter 'metrics\[0\]\.timestamp'/,
      ],
      [
        'runs/log-batch',
        { run_id: 'x', metrics: 'many' },
        /parameter 'metrics' supplied: expected a list/,
      ],
      ['runs/log-batch', { run_id: 'x', params: [7] }, /parameter 'params\[0\]'/],
      [
        'runs/search',
        { experiment_ids: ['0'], filter: 'metrics.a = "x"' },
        /Invalid filter: expected a number/,
      ],
      ['runs/search', { experiment_ids: ['0'], order_by: ['datasets.name'] }, /unknown entity/],
      ['runs/search', { experiment_ids: ['0'], max_results: -1 }, /max_results/],
      ['runs/search', { experiment_ids: ['abc'] }, /Invalid experiment ID/],
      ['runs/search', { experiment_ids: ['0'], run_view_type: 'NONE' }, /view_type/],
      ['runs/search', { experiment_ids: ['0'], page_token: 'x' }, /page token/],
      [
        'runs/search',
        { experiment_ids: Array.from({ length: 40_000 }, (_, n) => `${n}`) },
        /at most 10000/,
      ],
      [
        'runs/search',
        { experiment_ids: ['0'], order_by: Array.from({ length: 70 }, (_, n) => `metrics.m${n}`) },
        /more than 20 keys/,
      ],
      [
        'runs/search',
        {
          experiment_ids: ['0'],
          filter: Array.from({ length: 2000 }, () => "tags.a = 'b'").join(' and '),
        },
        /more than 100 clauses/,
      ],
      [
        'experiments/create',
        { name: 'n'.repeat(501) },
        /'name' exceeds the maximum length of 500 characters/,
      ],
      ['experiments/create', { name: 'a\0b' }, /name.*NUL/],
      [
        'experiments/create',
        { name: 'x', artifact_location: 's3://b/%2e%2e/c' },
        /artifact_location/,
      ],
      ['experiments/create', { name: 'x', artifact_location: 'runs:/a' }, /artifact_location/],
      ['experiments/search', {}, /Missing value for required parameter 'max_results'/],
      [
        'model-versions/create',
        { name: 'm', source: '/etc/passwd' },
        /Invalid model version source/,
      ],
      [
        'model-versions/create',
        { name: 'm', source: 'file:///etc' },
        /Invalid model version source/,
      ],
      [
        'model-versions/create',
        { name: 'm', source: 'mlflow-artifacts:/0/x/%252e%252e/y' },
        /Invalid model version source/,
      ],
      [
        'model-versions/create',
        { name: 'm', source: 'mlflow-artifacts:/0' },
        /Invalid model version source/,
      ],
      ['registered-models/create', { name: 'a/b' }, /Names cannot contain/],
      ['registered-models/alias', { name: 'm', alias: 'latest', version: '1' }, /reserved/],
      ['registered-models/alias', { name: 'm', alias: 'v1', version: '1' }, /reserved/],
      ['registered-models/alias', { name: 'm', alias: 'a b', version: '1' }, /Invalid alias name/],
      ['registered-models/alias', { name: 'm', alias: 'a', version: 'one' }, /must be an integer/],
    ])('refuses %s %#', async (path, body, message) => {
      const answer = await post(path, body)
      expect(answer.body['message']).toMatch(message)
      expect(answer).toMatchObject({
        status: 400,
        body: { error_code: 'INVALID_PARAMETER_VALUE' },
      })
      expect(String(answer.body['message']).length).toBeLessThan(1000)
    })

    it('has the statuses and names that clients know', async () => {
      expect(await get('runs/get', { run_id: 'missing' })).toMatchObject({
        status: 404,
        body: {
          error_code: 'RESOURCE_DOES_NOT_EXIST',
          message: expect.stringContaining('missing'),
        },
      })
      expect(await post('experiments/create', { name: 'protocol' })).toMatchObject({
        status: 400,
        body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
      })
      expect(await post('runs/log-metric', '{"run_id": ')).toMatchObject({
        status: 400,
        body: { error_code: 'BAD_REQUEST' },
      })
      expect(await post('nonsense', {})).toMatchObject({
        status: 404,
        body: { error_code: 'ENDPOINT_NOT_FOUND' },
      })
      expect(await send('GET', 'mlflow/runs/create')).toMatchObject({ status: 404 })
      const newest = await fetch(`${server.url}/ajax-api/3.0/mlflow/issues`, { method: 'POST' })
      expect([newest.status, ((await newest.json()) as Json)['error_code']]).toEqual([
        404,
        'ENDPOINT_NOT_FOUND',
      ])
    })

    it('answers under the prefix of browsers, ignores unknown fields and null', async () => {
      const answer = await fetch(`${server.url}/ajax-api/2.0/mlflow/runs/search`, {
        method: 'POST',
        body: JSON.stringify({
          experiment_ids: ['0'],
          filter: null,
          some_new_field: [1],
          order_by: null,
        }),
      })
      expect([answer.status, await answer.json()]).toEqual([200, {}])
    })

    it('spells NaN and takes infinities as text', async () => {
      const runId = await newRun()
      for (const [key, value] of [
        ['nan', 'NaN'],
        ['up', 'Infinity'],
        ['down', '-Infinity'],
        ['text', '1.5'],
      ]) {
        const body = { run_id: runId, key, value, timestamp: '12', step: '-3' }
        expect((await post('runs/log-metric', body)).status).toBe(200)
      }
      const { body } = await get('runs/get', { run_id: runId })
      const { metrics } = (body as unknown as { run: { data: { metrics: unknown[] } } }).run.data
      expect(metrics).toEqual([
        { key: 'down', value: -Number.MAX_VALUE, timestamp: 12, step: -3 },
        { key: 'nan', value: 'NaN', timestamp: 12, step: -3 },
        { key: 'text', value: 1.5, timestamp: 12, step: -3 },
        { key: 'up', value: Number.MAX_VALUE, timestamp: 12, step: -3 },
      ])
    })

    it('refuses a key of ten megabytes, and leaves nothing of the call', async () => {
      const runId = await newRun()
      const huge = await post('runs/log-batch', {
        run_id: runId,
        metrics: [{ key: 'fine', value: 1, timestamp: 1 }],
        tags: [{ key: 'k'.repeat(10_000_000), value: 'v' }],
      })
      expect(huge.status).toBe(400)
      expect(String(huge.body['message']).length).toBeLessThan(500)
      const { body } = await get('runs/get', { run_id: runId })
      expect((body as unknown as { run: { data: Json } }).run.data['metrics']).toBeUndefined()
    })

    it('pages a curve', async () => {
      const runId = await newRun()
      const metrics = Array.from({ length: 25 }, (_, step) => ({
        key: 'c',
        value: step % 2 ? 'NaN' : step,
        timestamp: 5,
        step: Math.floor(step / 5),
      }))
      await post('runs/log-batch', { run_id: runId, metrics })
      const whole = await get('metrics/get-history', { run_id: runId, metric_key: 'c' })
      const seen: unknown[] = []
      let token: string | undefined
      do {
        const query = { run_id: runId, metric_key: 'c', max_results: '4' }
        const page = await get(
          'metrics/get-history',
          token ? { ...query, page_token: token } : query,
        )
        seen.push(...(page.body['metrics'] as unknown as unknown[]))
        token = page.body['next_page_token'] as string | undefined
        if (token) {
          const other = { run_id: runId, metric_key: 'other', max_results: '4', page_token: token }
          expect((await get('metrics/get-history', other)).status).toBe(400)
        }
      } while (token)
      expect(seen).toEqual(whole.body['metrics'])
      expect(await get('metrics/get-history', { run_id: 'none', metric_key: 'c' })).toEqual({
        status: 200,
        body: {},
      })
    })

    const proxy = '/api/2.0/mlflow-artifacts/artifacts'
    it.each([
      '/../../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/a/%2e%2e%2f%2e%2e/x',
      '/%252e%252e%252fx',
      '/..%5cx',
      '/%2fetc/passwd',
      '//etc/passwd',
      '/a%00b',
      '/C:%5cwindows',
    ])('lets no path out of the artifact tree: %s', async (path) => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await raw(method, `${proxy}${path}`, method === 'PUT' ? 'evil' : undefined)
        expect([400, 404], `${method} ${path}`).toContain(answer.status)
        expect(answer.body).toHaveProperty('error_code')
        expect(JSON.stringify(answer.body)).not.toContain('root:')
      }
      const list = await raw('GET', `${proxy}?path=${path.slice(1)}`)
      expect(list.status).toBe(400)
    })

    it('keeps, lists, sends, cuts and deletes artifacts', async () => {
      const at = `${proxy}/9/run/artifacts`
      const put = (path: string, content: string) => raw('PUT', `${at}/${path}`, content)
      expect((await put('a/page.html', '<script>alert(1)</script>')).status).toBe(200)
      expect((await put('a/empty', '')).status).toBe(200)
      expect((await put('a/page.html/below', 'x')).status).toBe(400)
      expect((await put('a', 'x')).status).toBe(400)
      const listed = await raw('GET', `${proxy}?path=9/run/artifacts/a`)
      expect(listed.body).toEqual({
        files: [
          { path: 'empty', is_dir: false, file_size: 0 },
          { path: 'page.html', is_dir: false, file_size: 25 },
        ],
      })
      const page = await fetch(`${server.url}${at}/a/page.html`)
      expect(await page.text()).toBe('<script>alert(1)</script>')
      expect(page.headers.get('content-type')).toBe('application/octet-stream')
      expect(page.headers.get('content-disposition')).toMatch(/^attachment/)
      const part = await fetch(`${server.url}${at}/a/page.html`, {
        headers: { range: 'bytes=1-6' },
      })
      expect([part.status, await part.text()]).toEqual([206, 'script'])
      expect((await raw('DELETE', `${at}/a`)).status).toBe(200)
      expect((await raw('GET', `${at}/a/empty`)).status).toBe(404)
      expect((await raw('GET', `${proxy}?path=9`)).body).toEqual({})
    })

    it('keeps nothing of an upload that breaks off', async () => {
      const path = `${proxy}/9/broken/artifacts/file`
      await new Promise<void>((resolve) => {
        const call = request(server.url, {
          method: 'PUT',
          path,
          headers: { 'content-length': '1000000' },
        })
        call.on('error', () => resolve())
        call.write('begin')
        setTimeout(() => call.destroy(), 50)
      })
      await sleep(100)
      expect((await raw('GET', path)).status).toBe(404)
    })

    it('takes a version of a logged ONNX file as a model that can be served', async () => {
      const runId = await newRun()
      const root = `${experimentId}/${runId}/artifacts`
      await raw('PUT', `${proxy}/${root}/onnx/model.onnx`, `${modelMark} weights`)
      await raw('PUT', `${proxy}/${root}/other/model.onnx`, 'something else')
      await post('registered-models/create', { name: 'onnx model' })
      const register = (source: string) =>
        post('model-versions/create', { name: 'onnx model', source, run_id: runId })
      expect((await register(`mlflow-artifacts:/${root}/onnx`)).status).toBe(200)
      expect((await register(`runs:/${runId}/other`)).status).toBe(200)
      const foreign = await newRun()
      expect(
        (await register(`mlflow-artifacts:/${experimentId}/${foreign}/artifacts`)).status,
      ).toBe(400)
      const [first, second] = await Promise.all(
        [1, 2].map((version) => server.registry.resolve(`models:/onnx model/${version}`)),
      )
      expect(first).toMatchObject({ modelSizeBytes: 12, signature: modelSignature })
      expect(second).toMatchObject({ modelDigest: null, signature: null, runId })
      const uri = await get('model-versions/get-download-uri', { name: 'onnx model', version: '2' })
      expect(uri.body['artifact_uri']).toBe(`mlflow-artifacts:/${root}/other`)
    })

    it('hides prompts from searches that do not ask for them', async () => {
      const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
      await post('registered-models/create', { name: 'greeting', tags })
      await post('model-versions/create', { name: 'greeting', source: 'dummy-source', tags })
      const names = async (filter: string) =>
        (
          (await get('registered-models/search', { filter })).body[
            'registered_models'
          ] as unknown as { name: string }[] | undefined
        )?.map(({ name }) => name)
      expect(await names('')).toEqual(['onnx model'])
      expect(await names("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(['greeting'])
      expect(await names("tags.`mlflow.prompt.is_prompt` != 'true'")).toEqual(['onnx model'])
      const versions = await get('model-versions/search', { filter: "name = 'greeting'" })
      expect(versions.body).toEqual({})
      await post('registered-models/create', { name: 'of no run' })
      await post('model-versions/create', { name: 'of no run', source: 's3://bucket/model' })
      const other = await get('model-versions/search', {
        filter: "run_id != 'another' AND name LIKE 'of no%'",
      })
      expect(other.body['model_versions']).toMatchObject([{ name: 'of no run', run_id: '' }])
    })
  })
})
