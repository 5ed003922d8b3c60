import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { toWireRun } from '../mlflow-wire.ts'
import { type TestTracking, tester, testStart, testTracking } from '../test-tracking.ts'

const odd = ['"', '\\', '\u0001\n\t', 'ä', '🙂', '\u2028', "it's", '</script>', '', '[1]', 'null']

describe.each(testDialects)('runs as JSON on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestTracking
    beforeAll(async () => {
      test = await testTracking(dialect)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const startRun = (name: string): Promise<string> =>
      test.database.write(async (tx) => {
        const experimentId = await test.tracking.ensureExperiment(tx, tester, 'texts')
        return test.tracking.startRun(tx, tester, { experimentId, name, startTime: testStart })
      })

    it('says what the objects say, in the same order', async () => {
      const { runs } = test.tracking
      const full = await startRun('full "run"')
      const dataset = (name: string, more: { schema: string | null; tags: string[] }) => ({
        name,
        digest: `digest ${name}`,
        sourceType: 'local',
        source: '{"uri": "a\\b"}',
        profile: more.schema,
        schema: more.schema,
        tags: more.tags.map((value) => ({ key: 'mlflow.data.context', value })),
      })
      await test.database.write(async (tx) => {
        await runs.log(tx, tester, full, {
          metrics: [1e22, 0.1, -0.5, 3, Number.NaN, 5e-324, Number.POSITIVE_INFINITY].map(
            (value, index) => ({ key: `m/${index % 5}`, value, step: index, timestamp: testStart }),
          ),
          params: odd.map((value, index) => ({ key: `p${9 - index} ö`, value })),
          tags: odd.map((value, index) => ({ key: `t.${index}`, value })),
        })
        const models = [{ modelId: 'm-b', step: 0 }]
        const datasets = [
          dataset('z', { schema: '{"a":"\u0007"}', tags: ['train"ing'] }),
          dataset('a', { schema: null, tags: [] }),
        ]
        await runs.logInputs(tx, tester, full, datasets, models)
        await runs.logOutputs(tx, tester, full, [
          { modelId: 'm-d', step: 7 },
          { modelId: 'm-c', step: 1 },
        ])
      })
      const found = []
      for (const runId of [await startRun('empty'), full, await startRun('other')]) {
        found.push(await runs.require(test.database.reader, runId))
      }
      const texts = JSON.parse(`[${await runs.texts(found.map(({ number }) => number))}]`)
      const details = await runs.details(test.database.reader, found)
      expect(texts).toEqual(details.map((detail) => JSON.parse(JSON.stringify(toWireRun(detail)))))
      expect(texts[1]).toMatchObject({
        inputs: { dataset_inputs: [{ dataset: { name: 'z' } }, { dataset: { name: 'a' } }] },
        data: { metrics: expect.arrayContaining([expect.objectContaining({ value: 'NaN' })]) },
      })
    })
  })
})
