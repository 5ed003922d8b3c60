import type { MlflowMetric } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { type TestTracking, tester, testStart, testTracking } from './test-tracking.ts'

describe.each(testDialects)('tracking on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestTracking
    beforeAll(async () => {
      test = await testTracking(dialect)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const startRun = async (name: string): Promise<string> =>
      test.database.write(async (tx) => {
        const experimentId = await test.tracking.ensureExperiment(tx, tester, 'door')
        return test.tracking.startRun(tx, tester, { experimentId, name, startTime: testStart })
      })

    const curve = async (runId: string, key: string): Promise<readonly MlflowMetric[]> =>
      JSON.parse(`[${(await test.tracking.runs.history(runId, key)).text}]`)

    it('makes an experiment once', async () => {
      const ensure = () =>
        test.database.write((tx) => test.tracking.ensureExperiment(tx, tester, 'once'))
      expect(await ensure()).toBe(await ensure())
    })

    it('keeps what a stage logs, and its events', async () => {
      const runId = await startRun('first')
      expect(runId).toMatch(/^[0-9a-f]{32}$/)
      const blob = await test.blobs.put(Buffer.from('content'))
      await test.database.write(async (tx) => {
        await test.tracking.log(tx, tester, runId, {
          metrics: [
            { key: 'loss', value: 2, step: 0 },
            { key: 'loss', value: 1, step: 1 },
            { key: 'odd', value: Number.NaN },
          ],
          params: { depth: '3' },
          tags: { team: 'blue' },
        })
        await test.tracking.putArtifact(tx, tester, runId, 'plots/loss.png', blob)
        await test.tracking.endRun(tx, tester, runId, 'FINISHED', testStart + 5)
      })
      const detail = await test.tracking.runs.get(runId)
      expect(detail.run).toMatchObject({
        name: 'first',
        status: 'FINISHED',
        endTime: testStart + 5,
      })
      expect(detail.metrics).toEqual([
        { key: 'loss', value: 1, step: 1, timestamp: testStart },
        { key: 'odd', value: Number.NaN, step: 0, timestamp: testStart },
      ])
      expect(detail.params).toEqual([{ key: 'depth', value: '3' }])
      expect(detail.tags).toContainEqual({ key: 'team', value: 'blue' })
      const path = `${detail.run.experimentId}/${runId}/artifacts/plots/loss.png`
      expect(await test.tracking.artifacts.file(path)).toEqual(blob)
      const events = await test.audit.list({ limit: 10, subject: `run:${runId}` })
      expect(events.items.map(({ type }) => type)).toEqual([
        'tracking.run.ended',
        'tracking.artifact.logged',
        'tracking.batch.logged',
        'tracking.run.created',
      ])
    })

    it('refuses another value for a parameter and keeps nothing of that call', async () => {
      const runId = await startRun('params')
      const log = (depth: string, loss: number) =>
        test.database.write((tx) =>
          test.tracking.log(tx, tester, runId, {
            params: { depth, [`extra${depth}`]: 'x' },
            metrics: [{ key: 'loss', value: loss }],
          }),
        )
      await log('3', 1)
      await log('3', 1)
      await expect(log('4', 2)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      const detail = await test.tracking.runs.get(runId)
      expect(detail.params.map(({ key }) => key)).toEqual(['depth', 'extra3'])
      expect(detail.metrics[0]?.value).toBe(1)
    })

    it('keeps a point once, shows the greatest by step, time and value', async () => {
      const runId = await startRun('curve')
      const points = [
        { key: 'm', value: 5, step: 2, timestamp: 10 },
        { key: 'm', value: 9, step: 1, timestamp: 99 },
        { key: 'm', value: 6, step: 2, timestamp: 10 },
        { key: 'm', value: 6, step: 2, timestamp: 10 },
        { key: 'm', value: Number.POSITIVE_INFINITY, step: 0, timestamp: 1 },
      ]
      for (const point of points) {
        await test.database.write((tx) =>
          test.tracking.log(tx, tester, runId, { metrics: [point] }),
        )
      }
      const history = await curve(runId, 'm')
      expect(history.map(({ value, step }) => [step, value])).toEqual([
        [0, Number.MAX_VALUE],
        [1, 9],
        [2, 5],
        [2, 6],
      ])
      expect((await test.tracking.runs.get(runId)).metrics[0]).toMatchObject({ value: 6, step: 2 })
    })

    it('keeps batches of thousands of points exactly', async () => {
      const runId = await startRun('batch')
      const metrics = Array.from({ length: 1234 }, (_, step) => ({
        key: `m${step % 3}`,
        value: Math.sin(step) * 10 ** ((step % 40) - 20),
        step,
        timestamp: step,
      }))
      await test.database.write((tx) => test.tracking.log(tx, tester, runId, { metrics }))
      const history = await curve(runId, 'm1')
      expect(history.map(({ value }) => value)).toEqual(
        metrics.filter(({ key }) => key === 'm1').map(({ value }) => value),
      )
      const newest = (await test.tracking.runs.get(runId)).metrics
      expect(newest.map(({ step }) => step)).toEqual([1233, 1231, 1232])
    })

    it('writes nothing to a deleted run, and takes the deletion back', async () => {
      const runId = await startRun('deleted')
      const log = () =>
        test.database.write((tx) => test.tracking.log(tx, tester, runId, { tags: { a: 'b' } }))
      await test.database.write((tx) => test.tracking.runs.delete(tx, tester, runId))
      await expect(log()).rejects.toMatchObject({ code: 'CONFLICT' })
      await test.database.write((tx) => test.tracking.runs.restore(tx, tester, runId))
      await log()
    })

    it('refuses artifacts that leave their folder or run through a file', async () => {
      const runId = await startRun('artifacts')
      const blob = await test.blobs.put(Buffer.from('x'))
      const put = (path: string) =>
        test.database.write((tx) => test.tracking.putArtifact(tx, tester, runId, path, blob))
      await put('a/file')
      await expect(put('../x')).rejects.toMatchObject({ code: 'INVALID_PATH' })
      await expect(put('a/file/below')).rejects.toMatchObject({ code: 'CONFLICT' })
      await expect(put('a')).rejects.toMatchObject({ code: 'CONFLICT' })
    })
  })
})
