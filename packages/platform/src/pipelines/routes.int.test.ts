import { type KaizenError, pipelineRun, pipelineRunDetail, pipelinesApi } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mountSurface, ownSurface } from '../http/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { pipelineRoutes } from './index.ts'
import {
  ended,
  graph,
  python,
  shell,
  type TestPipelines,
  tester,
  testPipelines,
} from './test-pipelines.ts'

for (const { dialect, available } of testDialects) {
  describe.skipIf(!available)(`pipelines API on ${dialect}`, () => {
    let test: TestPipelines
    let app: FastifyInstance
    let client: Client
    let baseUrl: string
    const defects: KaizenError[] = []

    beforeAll(async () => {
      test = await testPipelines({ dialect })
      app = fastify()
      await mountSurface(app, ownSurface('pipelines', pipelineRoutes(test.pipelines, test.blobs)), {
        authenticate: async () => tester,
        onDefect: (error) => defects.push(error),
      })
      baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
      client = createClient({ baseUrl })
      for (const name of ['a', 'b', 'c'])
        await test.declare(
          graph(
            name,
            [
              shell(
                'make',
                python(
                  'open(paths["page"], "w").write("<script>x</script>"); print("made"); result(n=inputs["n"])',
                ),
                {
                  inputs: { n: { from: 'param', name: 'n' } },
                  outputs: { page: 'file', n: 'value' },
                },
              ),
              shell('last', 'true', { after: ['make'] }),
            ],
            {
              params: { n: { type: 'integer', default: 1 } },
              outputs: { page: { node: 'make', output: 'page' } },
            },
          ),
        )
    })
    afterAll(async () => {
      await app.close()
      await test[Symbol.asyncDispose]()
    })

    const start = async (name: string, body: { params?: Record<string, number | string> } = {}) => {
      const started = await client.call(pipelinesApi.run, { params: { name }, body })
      expect(pipelineRun.parse(started)).toEqual(started)
      return started.id
    }

    it('starts a run, shows it, its log and its outputs', async () => {
      const id = await start('a', { params: { n: 5 } })
      await ended(test.pipelines, id)
      const detail = await client.call(pipelinesApi.runDetail, { params: { id } })
      expect(pipelineRunDetail.parse(detail)).toEqual(detail)
      expect(detail).toMatchObject({ state: 'succeeded', trigger: tester.name, params: { n: 5 } })
      const log = await client.call(pipelinesApi.logs, {
        params: { id },
        query: { node: 'make', after: 0 },
      })
      expect(log.complete).toBe(true)
      expect(log.lines.map(({ text }) => text)).toContain('made')
      const rest = await client.call(pipelinesApi.logs, {
        params: { id },
        query: { after: log.next },
      })
      expect(rest.lines.every(({ node }) => node === 'last')).toBe(true)
      const page = await client.stream(pipelinesApi.artifact, {
        params: { id, node: 'make', output: 'page' },
      })
      expect(page.headers.get('content-disposition')).toBe('attachment; filename="page"')
      expect(page.headers.get('x-content-type-options')).toBe('nosniff')
      expect(await page.text()).toBe('<script>x</script>')
      const n = await client.stream(pipelinesApi.artifact, {
        params: { id, node: 'make', output: 'n' },
      })
      expect(await n.json()).toBe(5)
    })

    it('reads a log to its end in small pieces', async () => {
      const id = await start('a', { params: { n: 6 } })
      await ended(test.pipelines, id)
      const whole = await client.call(pipelinesApi.logs, { params: { id } })
      const pieces: string[] = []
      for (let after = 0; ; ) {
        const piece = await client.call(pipelinesApi.logs, {
          params: { id },
          query: { after, limit: 1 },
        })
        pieces.push(...piece.lines.map(({ text }) => text))
        after = piece.next
        if (piece.complete) break
      }
      expect(pieces).toEqual(whole.lines.map(({ text }) => text))
      expect(pieces.length).toBeGreaterThan(2)
    })

    it('lists pipelines and runs page by page, newest run first', async () => {
      const ids = [
        await start('b', { params: { n: 1 } }),
        await start('b', { params: { n: 2 } }),
        await start('c'),
      ]
      for (const id of ids) await ended(test.pipelines, id)
      const names: string[] = []
      for await (const { name, lastRun } of client.paged(pipelinesApi.list, {
        query: { limit: 2 },
      })) {
        names.push(name)
        if (name === 'b') expect(lastRun?.id).toBe(ids[1])
      }
      expect(names).toEqual(['a', 'b', 'c'])
      const runs: string[] = []
      for await (const run of client.paged(pipelinesApi.runs, {
        query: { limit: 1, pipeline: 'b' },
      })) {
        expect(run.steps).toMatchObject({ total: 2, done: 2 })
        runs.push(run.id)
      }
      expect(runs).toEqual([ids[1], ids[0]])
      const failed = await client.call(pipelinesApi.runs, { query: { state: 'failed' } })
      expect(failed.items).toEqual([])
      const declared = await client.call(pipelinesApi.get, { params: { name: 'b' } })
      expect(declared.project).toBe('test')
      expect(pipelinesApi.get.response.parse(declared).nodes).toHaveLength(2)
    })

    it.each([
      ['GET', '/api/v1/pipelines/none', 404, 'there is no pipeline named "none"'],
      ['GET', '/api/v1/pipelines/No%20Name', 400, 'path.name'],
      ['GET', '/api/v1/pipeline-runs/none', 404, 'there is no pipeline run none'],
      ['GET', '/api/v1/pipeline-runs/none/logs', 404, 'there is no pipeline run none'],
      ['GET', '/api/v1/pipeline-runs/x/logs?after=-1', 400, 'query.after'],
      ['GET', '/api/v1/pipeline-runs/x/logs?limit=1000000', 400, 'query.limit'],
      ['GET', '/api/v1/pipeline-runs/..%2f..%2fetc/logs', 404, 'there is no pipeline run'],
      ['GET', '/api/v1/pipeline-runs?state=lost', 400, 'query.state'],
      ['POST', '/api/v1/pipeline-runs/none/cancel', 404, 'there is no pipeline run none'],
      ['POST', '/api/v1/pipelines/a/runs', 400, 'has no parameter "m"', { params: { m: 1 } }],
      ['POST', '/api/v1/pipelines/a/runs', 400, 'expected an integer', { params: { n: '5' } }],
      ['POST', '/api/v1/pipelines/a/runs', 400, 'body.seed', { seed: -1 }],
      ['POST', '/api/v1/pipelines/a/runs', 400, 'Unrecognized key', { sede: 1 }],
    ])('%s %s answers %i: %s', async (method, path, status, message, body?: unknown) => {
      const answer = await fetch(`${baseUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      expect(answer.status).toBe(status)
      expect(((await answer.json()) as { error: { message: string } }).error.message).toContain(
        message,
      )
    })

    it('has met no defect', async () => {
      const id = await start('a', { params: { n: 5 } })
      await ended(test.pipelines, id)
      const path = `/api/v1/pipeline-runs/${id}/artifacts/make/none`
      expect((await fetch(`${baseUrl}${path}`)).status).toBe(404)
      expect(defects).toEqual([])
    })
  })
}
