import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { modelsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { models } from '../../../platform/src/delivery/exports/test-models.ts'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
const content = new Uint8Array(
  models
    .find(([name]) => name === 'two classes of trees')![1]()
    .toOnnx(),
)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-export-test-'))
  server = await startOwnServer(join(root, 'data'))
  const client = createClient({ baseUrl: server.address })
  const input = { params: { name: 'good loans' }, query: { alias: 'champion' } }
  await client.upload(modelsApi.upload, input, content)
  await writeFile(join(root, 'model.onnx'), content)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) =>
  runKaizen('export', ...args, ...(args.includes('--server') ? [] : ['--server', server.address]))

it('writes a version by alias, by number and a file without a server; all answer alike', async () => {
  const sources = ['models:/good loans@champion', 'models:/good loans/1', join(root, 'model.onnx')]
  const sourceCodes = new Set<string>()
  for (const [index, source] of sources.entries()) {
    const out = join(root, `bundle-${index}`)
    const { code, text } = await kaizen(source, '--to', 'javascript', '--out', out)
    expect(text).toContain('node verify.js')
    expect(code).toBe(0)
    const { stdout } = await promisify(execFile)(process.execPath, ['verify.js'], { cwd: out })
    expect(stdout).toContain(' 0 answers differ')
    sourceCodes.add(await readFile(join(out, 'model.js'), 'utf8'))
  }
  expect(sourceCodes.size).toBe(1)
})

it('writes into an empty folder and lists the files as JSON', async () => {
  const out = join(root, 'empty')
  await mkdir(out)
  const { text } = await kaizen('models:/good loans/1', '--to', 'onnx', '--out', out, '--json')
  const files = (await readdir(out)).sort()
  expect(JSON.parse(text).files.toSorted()).toEqual(files)
  expect(files).toContain('SHA256SUMS')
  expect((await stat(out)).mode & 0o777).toBe(0o777 & ~process.umask())
  expect(new Uint8Array(await readFile(join(out, 'model.onnx')))).toEqual(content)
})

it('leaves a folder alone that holds anything', async () => {
  const out = join(root, 'full')
  await mkdir(out)
  await writeFile(join(out, 'mine.txt'), 'mine')
  const { code, text } = await kaizen('models:/good loans/1', '--to', 'c', '--out', out)
  expect([code, text]).toEqual([4, expect.stringContaining('is not empty')])
  expect(await readdir(out)).toEqual(['mine.txt'])
})

it.each([
  [['models:/good loans/1', '--to', 'cobol'], 7, 'Targets are onnx, browser, '],
  [['models:/good loans/9', '--to', 'c'], 3, 'not found'],
  [['models:/good loans@none', '--to', 'c'], 3, 'alias none'],
  [['models:/', '--to', 'c'], 2, 'names no version'],
  [['missing.onnx', '--to', 'c'], 3, 'cannot be read'],
  [[import.meta.filename, '--to', 'onnx'], 2, 'not an ONNX model'],
])('refuses %j and writes nothing', async (args, exitCode, message) => {
  const { code, text } = await kaizen(...args, '--out', join(root, 'nowhere'))
  expect(text).toContain(message)
  expect(code).toBe(exitCode)
  expect((await readdir(root)).filter((name) => name.startsWith('nowhere'))).toEqual([])
})
