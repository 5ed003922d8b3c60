import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitoringApi, projectApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { ProfileWriter } from '@kaizen/sdk/profile'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-upload-test-'))
  server = await startOwnServer(join(root, 'data'))
  const parts = { datasets: [], pipelines: [], endpoints: [], policies: [], bundle: [] }
  const monitors = [{ name: 'edge', window: '1h' }]
  const manifest = { kaizen: 1 as const, project: 'edge', ...parts, monitors }
  const client = createClient({ baseUrl: server.address })
  await client.call(projectApi.apply, { body: { manifest, reason: 'test' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

it('uploads rows, profiles made of rows and profiles made elsewhere, each once', async () => {
  const rows = Array.from({ length: 50 }, (_, row) => ({
    at: Date.UTC(2026, 0, 5) + row * 100_000,
    inputs: { temp: row },
    outputs: { y: 1 },
  }))
  const [lines, made, bad] = ['rows.jsonl', 'profiles.jsonl', 'bad.jsonl'].map((name) =>
    join(root, name),
  )
  await writeFile(lines!, rows.map((row) => JSON.stringify(row)).join('\n'))
  await writeFile(bad!, '{"inputs": {}}\n')
  const writer = new ProfileWriter({ source: 'device-8', windowMs: 3_600_000 })
  writer.add(rows)
  await writeFile(
    made!,
    writer
      .take()
      .map((upload) => JSON.stringify(upload))
      .join('\n'),
  )
  const upload = (file: string, ...flags: readonly string[]) =>
    runKaizen('monitors', 'upload', 'edge', file, ...flags, '--server', server.address)
  expect(await upload(lines!, '--id', 'raw')).toEqual({ code: 0, text: '50 rows are with edge.\n' })
  for (const _ of [1, 2]) {
    const { text } = await upload(lines!, '--id', 'device-7', '--profile', '1h')
    expect(text).toBe('50 rows are with edge, as 2 profiles.\n')
  }
  expect((await upload(made!, '--profiles')).text).toBe('50 rows are with edge, as 2 profiles.\n')
  for (const [flags, reason] of [
    [['--id', 'x', '--profile', 'soon'], 'not a length of time'],
    [[], 'the rows have no name'],
    [['--profiles'], 'INVALID_REQUEST'],
  ] as const) {
    const refused = await upload(
      lines!,
      ...flags,
      ...(reason === 'INVALID_REQUEST' ? ['--json'] : []),
    )
    expect(refused.code).not.toBe(0)
    expect(refused.text).toContain(reason)
  }
  expect((await upload(bad!, '--id', 'x', '--profile', '1h')).text).toContain(
    'row 1 lacks at or inputs',
  )
  const client = createClient({ baseUrl: server.address })
  const { items } = await client.call(monitoringApi.batches, { params: { name: 'edge' } })
  expect(items.map(({ form, rows: count }) => `${form} ${count}`).sort()).toEqual([
    ...['profile 14', 'profile 14', 'profile 36', 'profile 36', 'rows 50'],
  ])
  const uploads = (...flags: readonly string[]) =>
    runKaizen('monitors', 'uploads', 'edge', ...flags, '--server', server.address)
  const listed = await uploads()
  expect(listed.code).toBe(0)
  expect(listed.text.match(/2026-01-05/g)?.length).toBeGreaterThanOrEqual(10)
  for (const { id } of items) expect(listed.text).toContain(id)
  expect(JSON.parse((await uploads('--form', 'rows', '--json')).text)).toMatchObject([
    { id: 'raw', form: 'rows', rows: 50 },
  ])
  const ids: string[] = []
  for (const state of ['waiting', 'counted', 'restated']) {
    const found = JSON.parse((await uploads('--state', state, '--json')).text)
    ids.push(...(found as { readonly id: string }[]).map(({ id }) => id))
  }
  expect(ids.sort()).toEqual(items.map(({ id }) => id).sort())
  expect((await uploads('--state', 'gone')).code).not.toBe(0)
  const missing = await runKaizen('monitors', 'uploads', 'nobody', '--server', server.address)
  expect(missing.text).toContain('nobody')
  expect(missing.code).not.toBe(0)
})

it('prints the writer for Python', async () => {
  const { code, text } = await runKaizen('monitors', 'profile-writer')
  expect(code).toBe(0)
  expect(text).toContain('class ProfileWriter:')
})
