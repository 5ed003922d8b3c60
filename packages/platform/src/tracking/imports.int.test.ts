import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mountSurface, ownSurface } from '../http/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { importRoutes } from './imports.routes.ts'
import { type TestTracking, tester, testTracking } from './test-tracking.ts'

describe.each(testDialects)('what another server made, on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    const app = fastify()
    let stage: TestTracking
    let experimentId: string

    beforeAll(async () => {
      stage = await testTracking(dialect)
      await mountSurface(app, ownSurface('imports', importRoutes(stage.tracking, stage.database)), {
        authenticate: async ({ headers }) => ({
          ...tester,
          role: headers['x-role'] === 'editor' ? 'editor' : 'admin',
        }),
        onDefect: () => undefined,
      })
      experimentId = await stage.database.write((tx) =>
        stage.tracking.ensureExperiment(tx, tester, 'takeover'),
      )
    })
    afterAll(async () => {
      await app.close()
      await stage[Symbol.asyncDispose]()
    })

    const post = async (what: string, payload: object, role = 'admin') => {
      const url = `/api/v1/imports/${what}`
      const answer = await app.inject({ method: 'POST', url, payload, headers: { 'x-role': role } })
      return { status: answer.statusCode, body: answer.json() }
    }

    it('keeps ids and times, and asked again changes nothing', async () => {
      const runId = '0a'.repeat(16)
      const run = {
        runId,
        experimentId,
        name: 'old',
        userId: 'ann',
        startTime: 1_600_000_000_000,
        tags: [{ key: 'stage', value: 'draft' }],
      }
      const taken = await post('runs', run)
      expect(taken).toMatchObject({ status: 200, body: { created: true } })
      const kept = await stage.tracking.runs.get(runId)
      expect(kept.run).toMatchObject({ runId, name: 'old', startTime: 1_600_000_000_000 })
      const again = await post('runs', { ...run, name: 'other' })
      expect(again.body).toEqual({ ...taken.body, created: false })
      expect(await stage.tracking.runs.get(runId)).toEqual(kept)

      const modelId = `m-${'0b'.repeat(16)}`
      const model = { modelId, experimentId, name: 'echo', sourceRunId: runId }
      const first = await post('logged-models', model)
      expect(first.body).toMatchObject({ created: true })
      expect((await post('logged-models', model)).body).toEqual({ ...first.body, created: false })
      expect(await stage.tracking.loggedModels.get(modelId)).toMatchObject({
        modelId,
        name: 'echo',
      })
    })

    it('refuses ids of another form, unknown experiments, and who is no administrator', async () => {
      const run = { runId: '0c'.repeat(16), experimentId, startTime: 1 }
      expect((await post('runs', { ...run, runId: '../x' })).status).toBe(400)
      expect(
        (await post('logged-models', { modelId: 'm-1', experimentId, name: 'x' })).status,
      ).toBe(400)
      expect((await post('runs', { ...run, experimentId: '999999' })).status).toBe(404)
      expect((await post('runs', run, 'editor')).status).toBe(403)
      expect((await post('runs', run)).body).toMatchObject({ created: true })
    })
  })
})
