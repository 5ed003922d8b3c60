import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { servingApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { elementTypes, identityModel } from './identity-model.ts'
import { TestServer } from './test-program.ts'

const run = promisify(execFile)
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const importable = await run(python, ['-c', 'import tritonclient.http, tritonclient.grpc']).then(
  () => true,
  () => false,
)
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'
const runs = importable || required

let folder: string
let server: TestServer

beforeAll(async () => {
  if (!runs) return
  folder = await mkdtemp(join(tmpdir(), 'kaizen-oip-'))
  const models = join(folder, 'models')
  // Half floats have no typed contents on gRPC, so a model without them is asked for those.
  const { FP16: _, ...typed } = elementTypes
  for (const [name, model] of [
    ['folder', identityModel()],
    ['typed', identityModel(Object.keys(typed) as (keyof typeof typed)[])],
  ] as const) {
    await mkdir(join(models, name, '1'), { recursive: true })
    await writeFile(join(models, name, '1', 'model.onnx'), model)
  }
  const data = join(folder, 'data')
  server = await TestServer.start([
    ...['--data-dir', data, '--grpc-port', '0', '--model-repository', models],
  ])
  const client = createClient({ baseUrl: server.address })
  const uploaded = await fetch(`${server.address}/api/v1/models/identity/versions`, {
    method: 'POST',
    body: identityModel(),
  })
  expect(uploaded.status).toBe(201)
  const model = 'models:/identity/1'
  await client.call(servingApi.create, { body: { name: 'identity', model } })
  await client.call(servingApi.setRoute, {
    params: { name: 'identity' },
    body: { arms: [{ name: 'champion', model }] },
  })
})
afterAll(async () => {
  if (!runs) return
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

it.skipIf(!runs).each([
  ['HTTP', 'tritonclient_check.py', 'tritonclient agrees', () => new URL(server.address).host],
  [
    'gRPC',
    'tritonclient_grpc_check.py',
    'tritonclient over gRPC agrees',
    () => server.grpcAddress ?? '',
  ],
])(
  'the stock Triton client gets right answers and readable refusals over %s',
  async (_protocol, file, words, address) => {
    const script = fileURLToPath(new URL(`python/${file}`, import.meta.url))
    const { stdout } = await run(python, [script, address(), 'identity', 'folder'])
    expect(stdout).toContain(words)
  },
)
