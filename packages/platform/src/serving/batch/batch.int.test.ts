import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { literal, openSqlite } from '../../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { addingModel, echoModel, editor, squareModel } from '../test-serving.ts'
import { batchMigrations, type TestBatch, testBatch } from './test-batch.ts'

const header = 'id,temp,season'

describe.for(testDialects)('batch jobs on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)(
    available ? 'scoring' : 'scoring (skipped: PostgreSQL is not installed)',
    () => {
      let folder: string
      let opened: TestDatabase
      let test: TestBatch
      let model: string
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'kaizen-batch-'))
        opened = await testDatabase(dialect, batchMigrations)
        test = await testBatch(folder, opened.database, { pieceRows: 5000 })
        model = await test.register('bike', addingModel(1))
      })
      afterAll(async () => {
        await test[Symbol.asyncDispose]()
        await opened[Symbol.asyncDispose]()
        await rm(folder, { recursive: true, force: true })
      })

      it('answers every row in its order, over many pieces, beside the columns of the input', async () => {
        const lines = Array.from({ length: 30_000 }, (_, row) => `${row},${row / 4},s${row % 3}`)
        const file = await test.upload('csv', `${header}\n${lines.join('\n')}\n`)
        const job = await test.run({ model, input: { file } })
        expect(test.failures).toEqual([])
        expect(job).toMatchObject({ state: 'succeeded', rows: 30_000, scored: 30_000, failed: 0 })
        const output = await test.path(job.id, 'output')
        const wrong = await test.lake.query(
          `SELECT count(*), count(*) FILTER (WHERE variable <> temp + 1 OR id <> file_row_number)
           FROM read_parquet(${literal(output)}, file_row_number = true)`,
        )
        expect(wrong.columns.map(({ values }) => values[0])).toEqual([30_000, 0])
        expect(await test.lake.describe(`SELECT * FROM read_parquet(${literal(output)})`)).toEqual(
          ['id', 'temp', 'season', 'variable'].map((name) => expect.objectContaining({ name })),
        )
        const { items } = await test.audit.list({ limit: 50 })
        const own = items.filter(({ subject }) => subject === `batch:${job.id}`)
        expect(own.map(({ type }) => type).sort()).toEqual([
          'serving.batch.created',
          'serving.batch.succeeded',
        ])
      })

      it('sets rows aside that do not fit, each with its reason', async () => {
        const file = await test.upload('csv', `${header}\n0,1,a\n1,warm,b\n2,,c\n3,4,d\n`)
        const job = await test.run({ model, input: { file }, format: 'csv', keep: ['id'] })
        expect(job).toMatchObject({ state: 'succeeded', rows: 4, scored: 3, failed: 1 })
        const read = async (which: 'output' | 'errors') =>
          readFile(await test.path(job.id, which), 'utf8')
        expect(await read('output')).toBe('id,variable\n0,2.0\n2,\n3,5.0\n')
        expect(await read('errors')).toContain('column ""temp"": warm is not FP32')
      })

      it('reads and writes JSON lines; a matrix takes the columns in their order', async () => {
        const echo = await test.register('pairs', squareModel())
        const file = await test.upload('jsonl', '{"a":1,"b":2}\n{"a":3,"b":0.5}\n')
        const job = await test.run({ model: echo, input: { file }, format: 'jsonl' })
        expect(await readFile(await test.path(job.id, 'output'), 'utf8')).toBe(
          '{"a":1,"b":2.0,"y_0":1.0,"y_1":4.0}\n{"a":3,"b":0.5,"y_0":9.0,"y_1":0.25}\n',
        )
        await expect(
          test.batch.create(editor, {
            model: await test.register('echo', echoModel()),
            input: { file },
            format: 'csv',
          }),
        ).rejects.toMatchObject({ code: 'INVALID_DATA' })
      })

      it('keeps 64-bit integers exact, and takes no fraction for a whole number', async () => {
        const graph = new GraphBuilder()
        const n = graph.input({ name: 'n', type: 'int64', shape: [1] })
        graph.output(graph.add('Identity', [n]), { name: 'same', type: 'int64', shape: [1] })
        const same = await test.register('same', graph.finish('same', {}))
        const file = await test.upload('csv', 'n,k\n9007199254740993,a\n1.5,b\nx,c\n,d\n')
        const job = await test.run({ model: same, input: { file }, format: 'csv', keep: ['k'] })
        expect(job).toMatchObject({ scored: 1, failed: 3 })
        const output = await readFile(await test.path(job.id, 'output'), 'utf8')
        expect(output).toBe('k,same\na,9007199254740993\n')
      })

      it('scores a version of a dataset into a version of another', async () => {
        await test.data.create(editor, { name: 'rides' })
        const path = join(folder, 'rides.parquet')
        await test.lake.copyToParquet(
          "SELECT i AS id, CAST(i AS DOUBLE) AS temp, 'x' AS season FROM range(7000) AS t(i)",
          path,
        )
        const source = { path, format: 'parquet', mode: 'create', origin: {} } as const
        await test.data.addFile('rides', { ...source, actor: editor })
        const input = { dataset: 'rides' }
        const job = await test.run({ model, input, dataset: 'scores' })
        expect(job).toMatchObject({ state: 'succeeded', scored: 7000, datasetVersion: 1 })
        expect(await test.data.version('scores', 1)).toMatchObject({ rowCount: 7000 })
      })

      it('cancels, keeps to a rate, and says what cannot be', async () => {
        const lines = Array.from({ length: 9000 }, (_, row) => `${row},1,a`)
        const file = await test.upload('csv', `${header}\n${lines.join('\n')}\n`)
        const startedAt = performance.now()
        const slow = await test.run({ model, input: { file }, rowsPerSecond: 10_000 })
        expect(slow).toMatchObject({ state: 'succeeded', scored: 9000 })
        // The first turn is free: 7,000 of 9,000 rows wait.
        expect(performance.now() - startedAt).toBeGreaterThan(690)
        const asked = { model, input: { file }, format: 'parquet', rowsPerSecond: 10 } as const
        const { id } = await test.batch.create(editor, asked)
        await expect(test.batch.file(id, 'output')).rejects.toMatchObject({ code: 'CONFLICT' })
        expect(await test.batch.cancel(editor, id)).toMatchObject({ state: 'cancelled' })
        await test.jobs.settled()
        expect(await test.batch.get(id)).toMatchObject({ state: 'cancelled', output: null })
        await expect(test.batch.cancel(editor, id)).rejects.toMatchObject({ code: 'CONFLICT' })
        const other = { ...asked, keep: ['nothing'] }
        await expect(test.batch.create(editor, other)).rejects.toMatchObject({
          message: 'keep: the rows have no column "nothing"',
        })
        const broken = test.batch.upload(Readable.from([Buffer.from('no parquet')]), 'parquet')
        await expect(broken).rejects.toMatchObject({ code: 'INVALID_DATA' })
        await expect(test.upload('csv', 'a,b,A\n1,2,3\n')).rejects.toMatchObject({
          code: 'INVALID_DATA',
          message: expect.stringContaining('two columns named "A"'),
        })
        const page = await test.batch.list({ limit: 1 })
        expect(page.items[0]?.id).toBe(id)
        expect((await test.batch.list({ limit: 1, pageToken: id })).items[0]?.id).toBe(slow.id)
      })
    },
  )
})

it('goes on in the middle after a kill, and counts every row once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-batch-kill-'))
  const rows = 20_000
  const main = fileURLToPath(new URL('test-batch-main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, folder, String(rows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let before = { id: '', scored: 0 }
  for await (const line of createInterface({ input: child.stdout })) {
    before = JSON.parse(line)
    if (before.scored > 4000) child.kill('SIGKILL')
  }
  expect(before.scored).toBeGreaterThan(4000)
  expect(before.scored).toBeLessThan(rows)
  const database = await openSqlite(join(folder, 'kaizen.db'), batchMigrations)
  await using test = await testBatch(folder, database, { pieceRows: 2048 })
  // It goes on behind what is kept, never below it.
  const { scored } = await test.batch.get(before.id)
  expect(scored).toBeGreaterThanOrEqual(before.scored)
  await test.jobs.settled()
  expect(await test.batch.get(before.id)).toMatchObject({
    state: 'succeeded',
    rows,
    scored: rows,
    failed: 0,
    output: { rowCount: rows },
  })
  const output = literal(await test.path(before.id, 'output'))
  const sums = await test.lake.query(
    `SELECT count(DISTINCT id), count(*) FILTER (WHERE variable <> temp + 1) FROM read_parquet(${output})`,
  )
  expect(sums.columns.map(({ values }) => values[0])).toEqual([rows, 0])
  await rm(folder, { recursive: true, force: true })
})
