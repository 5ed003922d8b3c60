import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'

const v2 = '/api/2.0/mlflow'

describe.each(testDialects)('searches of logged models on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with their server', () => {
    let server: TestHttp
    beforeAll(async () => {
      server = await testHttp(dialect)
      const { body } = await server.call('POST', `${v2}/runs/create`, { experiment_id: '0' })
      for (const name of ['measured', 'elsewhere', 'never']) {
        const made = await server.call('POST', `${v2}/logged-models`, { experiment_id: '0', name })
        const model_id = made.body.model.info.model_id as string
        const metric = { key: 'acc', value: 1, timestamp: 1, model_id, dataset_digest: 'd1' }
        if (name === 'never') continue
        const dataset_name = name === 'measured' ? 'iris' : 'wine'
        const run_id = body.run.info.run_id as string
        const logged = await server.call('POST', `${v2}/runs/log-batch`, {
          run_id,
          metrics: [{ ...metric, dataset_name }],
        })
        expect(logged.status).toBe(200)
      }
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      expect(server.defects).toEqual([])
    })
    const names = async (query: object) => {
      const { body } = await server.call('POST', `${v2}/logged-models/search`, {
        experiment_ids: ['0'],
        order_by: [{ field_name: 'name' }],
        ...query,
      })
      const models = (body.models ?? []) as { readonly info: { readonly name: string } }[]
      return models.map(({ info }) => info.name)
    }

    it('find what was measured on a data set, also where no metric is asked for', async () => {
      expect(await names({})).toEqual(['elsewhere', 'measured', 'never'])
      const iris = [{ dataset_name: 'iris' }]
      expect(await names({ datasets: iris })).toEqual(['measured'])
      expect(await names({ datasets: iris, filter: "name LIKE 'e%'" })).toEqual([])
      expect(await names({ datasets: [...iris, { dataset_name: 'wine' }] })).toEqual([
        'elsewhere',
        'measured',
      ])
      expect(await names({ datasets: [{ dataset_name: 'iris', dataset_digest: 'd2' }] })).toEqual(
        [],
      )
      expect(await names({ datasets: iris, filter: 'metrics.acc > 0.5' })).toEqual(['measured'])
      expect(await names({ datasets: iris, filter: 'metrics.other > 0.5' })).toEqual([])
    })
  })
})
