import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { openDataDirectory } from '../storage/index.ts'
import { examineMachine } from './examine.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-doctor-'))
  folders.push(folder)
  return folder
}

const named = async (name: string, options: Parameters<typeof examineMachine>[0]) =>
  (await examineMachine(options)).find((finding) => finding.name === name)

it('finds the native libraries and the interpreter that runs this', async () => {
  const dataDir = await newFolder()
  const findings = await examineMachine({ dataDir })
  expect(findings.find(({ name }) => name === 'Node')).toMatchObject({ state: 'ok' })
  expect(findings.find(({ name }) => name === 'onnxruntime-node')).toMatchObject({ state: 'ok' })
  expect(findings.find(({ name }) => name === '@duckdb/node-api')).toMatchObject({ state: 'ok' })
})

it('tells a data directory in use from a free one, and makes none', async () => {
  const dataDir = await newFolder()
  expect(await named('data directory', { dataDir })).toMatchObject({
    detail: expect.stringContaining('no server'),
  })
  {
    await using _open = await openDataDirectory(dataDir)
    expect(await named('data directory', { dataDir })).toMatchObject({
      detail: expect.stringContaining('a running server has it open'),
    })
  }
  const absent = join(dataDir, 'not/there')
  expect(await named('data directory', { dataDir: absent })).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining('can be made'),
  })
})

it('has a remedy for what is missing', async () => {
  const dataDir = await newFolder()
  const python = await named('Python', { dataDir, python: 'no-such-python' })
  expect(python).toMatchObject({ state: 'warning', remedy: expect.stringContaining('3.10') })
  const databaseUrl = 'postgres://nobody:wrong@127.0.0.1:9/none'
  const postgres = await named('PostgreSQL', { dataDir, databaseUrl })
  expect(postgres).toMatchObject({ state: 'failed', remedy: expect.any(String) })
  expect(postgres?.detail).not.toContain('wrong')
})
