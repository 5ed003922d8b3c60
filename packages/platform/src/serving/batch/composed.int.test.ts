import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { addingModel, editor, squareModel, type TestServing, testServing } from '../test-serving.ts'
import { batchMigrations, type TestBatch, testBatch } from './test-batch.ts'

describe.for(testDialects)('what is no single version on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('scores batches and replays', () => {
    let base: TestDatabase
    let test: TestServing
    let other: TestServing
    let files: TestBatch
    beforeAll(async () => {
      base = await testDatabase(dialect, batchMigrations)
      other = await testServing()
      await other.deploy('far', await other.register('bike', addingModel(5)))
      test = await testServing({
        database: base.database,
        remote: { allowPrivate: true, timeoutMs: 60_000 },
      })
      const one = await test.register('bike', addingModel(1))
      const two = await test.register('bike', addingModel(3))
      await test.register('square', squareModel())
      await test.deploy('hires', one)
      const model = (uri: string) => ({ kind: 'model' as const, model: uri })
      await test.serving.ensembles.create(editor, {
        name: 'both',
        description: '',
        inputs: {},
        nodes: {
          one: model(one),
          two: model(two),
          mean: { kind: 'average', of: ['one', 'two'] },
        },
        outputs: { variable: 'mean' },
      })
      files = await testBatch(join(test.folder, 'batch'), base.database, {
        pieceRows: 2048,
        identify: test.serving.identify,
        load: (digest) => test.serving.load(digest),
        live: (name) => test.serving.live(name),
      })
    })
    afterAll(async () => {
      await files[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
      await base[Symbol.asyncDispose]()
    })

    const rows = 5000
    const csv = `temp,season\n${Array.from({ length: rows }, (_, i) => `${i},s`).join('\n')}\n`
    const score = async (model: string) => {
      const job = await files.run({ model, input: { file: await files.upload('csv', csv) } })
      expect(job).toMatchObject({ state: 'succeeded', scored: rows, failed: 0, error: null })
      const path = await files.path(job.id, 'output')
      const table = await files.lake.query(
        `SELECT sum("temp"::BIGINT) AS t, sum(variable) AS v, count(*) AS n FROM read_parquet('${path}')`,
      )
      const [temp, variable, count] = table.columns.map(({ values }) => Number(values[0]))
      expect(count).toBe(rows)
      return { job, added: (variable! - temp!) / rows }
    }

    it('as an ensemble, by its version, and as the endpoint that it answers on', async () => {
      const { job, added } = await score('ensembles:/both')
      expect(added).toBe(2)
      expect(job).toMatchObject({ modelName: 'both', modelVersion: 1, model: 'ensembles:/both' })
      const arms = [
        { name: 'champion', model: 'ensembles:/both', mode: 'live' as const, weight: 1 },
      ]
      await test.serving.setRoute(editor, 'hires', { arms }, 'both')
      expect((await score('hires')).added).toBe(2)
    })

    it('as a model of another server', async () => {
      expect((await score(`${other.url}/v2/models/far`)).added).toBe(5)
    })

    it('against what was logged', async () => {
      for (let i = 0; i < 5; i++) {
        await test.post('/endpoints/hires/invocations', {
          dataframe_records: [{ temp: i, season: 's' }],
        })
      }
      const replay = async (model: string) =>
        test.serving.replay('hires', { model, limit: 100, tolerance: 1e-6 })
      expect(await replay('ensembles:/both/1')).toMatchObject({
        model: 'both',
        version: 1,
        rows: 5,
        answered: 5,
        same: 5,
      })
      expect(await replay(`${other.url}/v2/models/far`)).toMatchObject({
        model: 'far',
        answered: 5,
        same: 0,
        meanDifference: 3,
      })
      await expect(replay('ensembles:/nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(replay('ensembles:/../x')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      // An ensemble whose inputs nobody logged has nothing to answer to.
      await test.serving.ensembles.create(editor, {
        name: 'other',
        description: '',
        inputs: {},
        nodes: { square: { kind: 'model', model: 'models:/square/1' } },
        outputs: { y: 'square' },
      })
      expect(await replay('ensembles:/other')).toMatchObject({
        rows: 5,
        answered: 0,
        incomplete: 5,
      })
    })

    it('and is refused before the job where it is not there or rows do not fit it', async () => {
      const file = await files.upload('csv', 'x\n1\n')
      const create = (model: string) =>
        files.batch.create(editor, { model, input: { file }, format: 'parquet' })
      await expect(create('ensembles:/nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(create('ensembles:/both')).rejects.toMatchObject({ code: 'INVALID_DATA' })
      await expect(create('Not A Name')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(create('https://user:pw@example.org/v2/models/x')).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    })
  })
})
