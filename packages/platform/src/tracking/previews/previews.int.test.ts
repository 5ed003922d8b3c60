import { tmpdir } from 'node:os'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, openDuckdbLake } from '../../storage/index.ts'
import { type TestTracking, tester, testStart, testTracking } from '../test-tracking.ts'
import { ArtifactPreviews } from './previews.service.ts'

describe('previews of files of a run', () => {
  let test: TestTracking
  let lake: Lake
  let previews: ArtifactPreviews
  let runId: string

  beforeAll(async () => {
    test = await testTracking('sqlite')
    lake = openDuckdbLake({ folders: [tmpdir()], tempFolder: tmpdir() })
    previews = new ArtifactPreviews({ ...test, lake })
    runId = await test.database.write(async (tx) => {
      const experimentId = await test.tracking.ensureExperiment(tx, tester, 'files')
      return test.tracking.startRun(tx, tester, { experimentId, name: 'r', startTime: testStart })
    })
  })
  afterAll(async () => {
    await lake.close()
    await test[Symbol.asyncDispose]()
  })

  const put = async (path: string, content: Uint8Array): Promise<void> => {
    const blob = await test.blobs.put(content)
    await test.database.write((tx) => test.tracking.putArtifact(tx, tester, runId, path, blob))
  }
  const parquet = async (sql: string): Promise<Uint8Array> => {
    const { mkdtemp, readFile, rm } = await import('node:fs/promises')
    const folder = await mkdtemp(`${tmpdir()}/kaizen-preview-`)
    await lake.copyToParquet(sql, `${folder}/rows.parquet`)
    const bytes = await readFile(`${folder}/rows.parquet`)
    await rm(folder, { recursive: true })
    return bytes
  }
  const look = (path: string, rows = 100) => previews.ofRun(runId, { path, rows })

  it('shows the first rows of a Parquet file with their types, missing and odd values included', async () => {
    await put(
      'data/rows.parquet',
      await parquet(
        "SELECT i AS id, CASE WHEN i = 1 THEN NULL WHEN i = 2 THEN 'infinity'::DOUBLE ELSE i / 2 END AS x, TIMESTAMP '2026-01-02 03:04:05' AS at, i % 2 = 0 AS even, repeat('é', 600) AS long, [i, i] AS list FROM range(5000) t(i)",
      ),
    )
    const table = await look('data/rows.parquet', 3)
    expect(table).toMatchObject({
      kind: 'table',
      rowCount: 5000,
      columnCount: 6,
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'x', type: 'number' },
        { name: 'at', type: 'timestamp' },
        { name: 'even', type: 'boolean' },
        { name: 'long', type: 'string' },
        { name: 'list', type: 'string' },
      ],
    })
    const time = '2026-01-02T03:04:05.000Z'
    const long = 'é'.repeat(500)
    expect(table.kind === 'table' && table.rows).toEqual([
      [0, 0, time, true, long, '[0, 0]'],
      [1, null, time, false, long, '[1, 1]'],
      [2, 'Infinity', time, true, long, '[2, 2]'],
    ])
  })

  it('shows the graph of an ONNX model', async () => {
    const graph = new GraphBuilder()
    const x = graph.input({ name: 'x', type: 'float', shape: [1] })
    graph.output(graph.add('Add', [x, x]), { name: 'y', type: 'float', shape: [1] })
    await put('model.ONNX', graph.finish('doubling', {}))
    expect(await look('model.ONNX')).toMatchObject({ kind: 'graph', nodeCount: 2 })
  })

  it.each([
    ['a damaged table', 'bad.parquet', 'INVALID_DATA'],
    ['a damaged model', 'bad.onnx', 'INVALID_DATA'],
    ['a file of another kind', 'bad.bin', 'UNSUPPORTED'],
    ['a folder', 'data', 'UNSUPPORTED'],
    ['a file that is not there', 'other.onnx', 'NOT_FOUND'],
    ['a path that leaves the run', '../../x.onnx', 'INVALID_PATH'],
    ['an encoded path that does', '%2e%2e/x.onnx', 'INVALID_PATH'],
  ])('refuses %s', async (_, path, code) => {
    if (path.startsWith('bad')) await put(path, Buffer.from('PAR1 nothing of the kind'))
    await expect(look(path)).rejects.toMatchObject({ code })
  })

  it('refuses a run that is not there', async () => {
    await expect(previews.ofRun('0'.repeat(32), { path: 'a.onnx', rows: 1 })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    )
  })
})
