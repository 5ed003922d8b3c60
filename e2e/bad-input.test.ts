import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataApi, type PipelineRunDetail, pipelinesApi, systemApi } from '@kaizen/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Target } from './hostile/target.ts'
import { identityModel } from './identity-model.ts'
import { kaizen, TestServer } from './test-program.ts'

let target: Target
beforeAll(async () => {
  target = await Target.start()
})
afterAll(() => target[Symbol.asyncDispose]())

const run = async (pipeline: string): Promise<PipelineRunDetail> => {
  const { client } = target
  const { id } = await client.call(pipelinesApi.run, { params: { name: pipeline }, body: {} })
  for (;;) {
    const detail = await client.call(pipelinesApi.runDetail, { params: { id } })
    if (detail.endedAt !== null) return detail
    await sleep(50)
  }
}

describe('a pipeline that cannot work', () => {
  it.each([
    ['unknown-column', /the feature "colour" is no column of the rows/, /day, price, sold/],
    [
      'no-target',
      /the target "sold" is missing or not a number in 60 of 60 rows/,
      /Keep such rows/,
    ],
    ['dies', /ended with status 3: out of luck/, /log/],
    ['chatters', /ended with status 4/, /log/],
    ['hangs', /took longer than 1000 ms and was ended/, /log/],
  ])('%s fails with the reason, on the run and on its step', async (name, message, hint) => {
    const detail = await run(name)
    expect(detail.state).toBe('failed')
    expect(detail.error).toEqual({
      code: 'STEP_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
    expect(detail.stepRuns.map(({ state, error }) => ({ state, error }))).toEqual([
      { state: 'failed', error: detail.error },
    ])
    expect(detail.outputs).toEqual({})
    const log = await target.client.call(pipelinesApi.logs, {
      params: { id: detail.id },
      query: { limit: 10_000 },
    })
    expect(JSON.stringify(log).length).toBeLessThan(20_000_000)
    expect((await target.client.call(systemApi.ready)).ready).toBe(true)
  })
})

describe('files that are not what they say', () => {
  let before: number
  beforeEach(async () => {
    before = await target.events()
  })
  const post = async (path: string, body: string | Uint8Array) => {
    const answer = await fetch(`${target.server.address}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    return { status: answer.status, text: await answer.text() }
  }
  /** The first version of the sales, as the Parquet file that the server keeps. */
  const parquet = async (): Promise<Buffer> => {
    const version = await target.client.call(dataApi.version, {
      params: { name: 'sales', version: 1 },
    })
    const digest = version.pieces[0]?.digest ?? ''
    return readFile(join(target.folder, 'blobs', digest.slice(0, 2), digest))
  }
  const rows = '/api/v1/datasets/sales/versions?mode=append&format='
  const model = '/api/v1/models/new/versions'
  const onnx = identityModel()

  it.each<[string, string, () => Promise<string | Uint8Array> | string | Uint8Array, RegExp]>([
    [
      'a Parquet file cut in half',
      `${rows}parquet`,
      async () => (await parquet()).subarray(0, 400),
      /INVALID_DATA/,
    ],
    [
      'a Parquet file without its end',
      `${rows}parquet`,
      async () => (await parquet()).subarray(0, -8),
      /INVALID_DATA/,
    ],
    [
      'a Parquet file with a wrong footer',
      `${rows}parquet`,
      async () =>
        Buffer.concat([
          (await parquet()).subarray(0, -40),
          Buffer.alloc(32, 255),
          Buffer.from('PAR1'),
        ]),
      /INVALID_DATA/,
    ],
    [
      'a CSV in place of Parquet',
      `${rows}parquet`,
      () => 'day,price,sold\n2024-05-01,1,2\n',
      /INVALID_DATA/,
    ],
    [
      'a CSV with a line too long',
      `${rows}csv`,
      () => 'day,price,sold\n2024-05-01,1,2\n2024-05-02,1,2,3\n',
      /INVALID_DATA/,
    ],
    [
      'a CSV with a line too short',
      `${rows}csv`,
      () => 'day,price,sold\n2024-05-01,1,2\n2024-05-02,1\n',
      /INVALID_DATA/,
    ],
    [
      'a CSV with an open quote',
      `${rows}csv`,
      () => 'day,price,sold\n2024-05-01,"1,2\n',
      /INVALID_DATA/,
    ],
    [
      'a CSV that is binary',
      `${rows}csv`,
      () => Buffer.from([0x80, 0xff, 0x00, 0x0a, 0x81]),
      /INVALID_DATA/,
    ],
    [
      'a CSV with text for a number',
      `${rows}csv`,
      () => 'day,price,sold\n2024-05-01,cheap,2\n',
      /price/,
    ],
    ['a CSV without the event time', `${rows}csv`, () => 'price,sold\n1,2\n', /day/],
    [
      'a CSV with a column twice',
      `${rows}csv`,
      () => 'day,price,price,sold\n2024-05-01,1,1,2\n',
      /INVALID_DATA/,
    ],
    [
      'a pickle in place of ONNX',
      model,
      () => Buffer.from('\x80\x04\x95K\x00sklearn.linear_model'),
      /INVALID_MODEL/,
    ],
    ['an ONNX file cut in half', model, () => onnx.subarray(0, onnx.length / 2), /INVALID_MODEL/],
    [
      'an ONNX file with a flipped byte',
      model,
      () => onnx.map((byte, i) => (i === 3 ? byte ^ 0xff : byte)),
      /INVALID_MODEL/,
    ],
    ['an empty ONNX file', model, () => '', /INVALID_MODEL/],
  ])('%s is refused and leaves nothing', async (_what, path, content, why) => {
    const { status, text } = await post(path, await content())
    expect(text).toMatch(why)
    expect(status).toBe(400)
    expect(text).not.toMatch(/\/tmp|read_(csv|parquet)|work\//)
    expect(await target.events()).toBe(before)
  })
})

describe('predictions that cannot be made', () => {
  const bool = { name: 'BOOL', datatype: 'BOOL', shape: [1, 2], data: [true, false] }
  it.each([
    ['an unknown model', '/v2/models/nobody/infer', { inputs: [] }, 404, /nobody/],
    ['an unknown version', '/v2/models/identity/versions/9/infer', { inputs: [] }, 404, /9/],
    ['an unknown endpoint', '/endpoints/nobody/invocations', { inputs: [] }, 404, /nobody/],
    [
      'a wrong shape',
      '/v2/models/identity/infer',
      { inputs: [{ ...bool, shape: [1, 3] }] },
      400,
      /shape \[1, 3\] holds 3 elements/,
    ],
    [
      'a wrong type',
      '/v2/models/identity/infer',
      { inputs: [{ ...bool, datatype: 'FP32' }] },
      400,
      /true is not a number/,
    ],
    [
      'an unknown column',
      '/endpoints/identity/invocations',
      { dataframe_records: [{ colour: 1 }] },
      400,
      /colour|BOOL/,
    ],
    [
      'an endpoint without a model',
      '/endpoints/demand/invocations',
      { inputs: [[1]] },
      503,
      /demand/,
    ],
  ])('%s is told', async (_what, path, body, status, why) => {
    const answer = await fetch(`${target.server.address}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    expect(await answer.text()).toMatch(why)
    expect(answer.status).toBe(status)
  })
})

describe('a server that cannot start', () => {
  it('says so when another has its data directory, and leaves that one alone', async () => {
    const second = await kaizen(['server', '--port', '0', '--data-dir', target.folder])
    expect(second).toMatchObject({ code: 4, stdout: '' })
    expect(second.stderr).toMatch(
      /another Kaizen server has the data directory .* open\n.*--data-dir/,
    )
    expect((await target.client.call(systemApi.ready)).ready).toBe(true)
  })

  it('says so when another program has its port', async () => {
    const { port } = new URL(target.server.address)
    const folder = join(target.folder, 'second')
    const second = await kaizen(['server', '--port', port, '--data-dir', folder])
    expect(second).toMatchObject({ code: 2, stdout: '' })
    expect(second.stderr).toMatch(/cannot listen on .*: another program listens there\n.*--port/)
  })

  it('says so when a newer version has written its database, and leaves it as it is', async () => {
    const folder = join(target.folder, 'newer')
    await (await TestServer.start(['--data-dir', folder])).stop()
    const path = join(folder, 'kaizen.db')
    using database = new DatabaseSync(path)
    database.exec("INSERT INTO schema_migration VALUES ('9999-future-table', '2030-01-01')")
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const written = await readFile(path)
    const older = await kaizen(['server', '--port', '0', '--data-dir', folder])
    expect(older).toMatchObject({ code: 4, stdout: '' })
    expect(older.stderr).toMatch(/9999-future-table\n.*newer/)
    expect(await readFile(path)).toEqual(written)
  })
})
