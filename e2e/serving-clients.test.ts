import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { servingApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linearModel, pairsModel } from '../packages/platform/src/serving/test-plain-models.ts'
import { identityModel } from './identity-model.ts'
import { TestServer } from './test-program.ts'

const run = promisify(execFile)
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const importable = await run(python, [
  '-c',
  'import mlflow, onnxruntime, httpx, orjson, importlib.util as u; assert u.find_spec("kserve")',
]).then(
  () => true,
  () => false,
)
const runs = importable || process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

let folder: string
let server: TestServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-clients-'))
  const models = join(folder, 'models')
  const linear = linearModel()
  for (const [name, model] of [
    ['pairs', pairsModel()],
    ['mymodel', identityModel(['UINT32', 'BOOL'])],
  ] as const) {
    await mkdir(join(models, name), { recursive: true })
    await writeFile(join(models, name, 'model.onnx'), model)
  }
  await writeFile(join(folder, 'linear.onnx'), linear)
  server = await TestServer.start([
    ...['--data-dir', join(folder, 'data'), '--grpc-port', '0', '--model-repository', models],
  ])
  const client = createClient({ baseUrl: server.address })
  const uploaded = await fetch(`${server.address}/api/v1/models/linear/versions`, {
    method: 'POST',
    body: linear,
  })
  expect(uploaded.status).toBe(201)
  const model = 'models:/linear/1'
  await client.call(servingApi.create, { body: { name: 'linear', model } })
  await client.call(servingApi.setRoute, {
    params: { name: 'linear' },
    body: { arms: [{ name: 'champion', model }] },
  })
})
afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

const scriptAt = (name: string): string => fileURLToPath(new URL(`python/${name}`, import.meta.url))

describe.skipIf(!runs)('stock clients in Python', () => {
  it("KServe's REST and gRPC clients predict, explain and read refusals", async () => {
    const args = [server.address, server.grpcAddress!, 'linear']
    const { stdout } = await run(python, [scriptAt('kserve_client_check.py'), ...args])
    expect(stdout).toContain("KServe's clients agree")
  })

  it("MLflow's scoring client and every documented form of /invocations", async () => {
    const args = [server.address, join(folder, 'linear.onnx')]
    const { stdout } = await run(python, [scriptAt('mlflow_scoring_check.py'), ...args])
    expect(stdout).toContain("MLflow's scoring clients agree")
  })
})

/** What curl prints, and the status. */
async function curl(...args: readonly string[]): Promise<{ status: number; body: unknown }> {
  const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', ...args])
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) }
}

/** https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md */
describe('curl, as the Open Inference specification has it', () => {
  const at = (path: string): string => `${server.address}/${path}`
  const [four, booleans] = [
    [1, 2, 3, 4],
    [true, false, false, true],
  ]
  const example = (flags: readonly boolean[], shape: readonly number[]) =>
    JSON.stringify({
      id: '42',
      inputs: [
        { name: 'UINT32', shape: [2, 2], datatype: 'UINT32', data: four },
        { name: 'BOOL', shape, datatype: 'BOOL', data: flags },
      ],
      outputs: [{ name: 'UINT32_out' }],
    })

  it('finds health, server and model', async () => {
    expect(await curl(at('v2/health/live'))).toEqual({ status: 200, body: { live: true } })
    expect(await curl(at('v2/health/ready'))).toMatchObject({ status: 200 })
    expect(await curl(at('v2'))).toMatchObject({ body: { name: 'kaizen' } })
    expect(await curl(at('v2/'))).toMatchObject({ body: { name: 'kaizen' } })
    expect(await curl(at('v2/models/mymodel/ready'))).toMatchObject({ status: 200 })
    expect(await curl(at('v2/models/mymodel'))).toMatchObject({
      body: { name: 'mymodel', versions: ['1'], inputs: [{ name: 'UINT32' }, { name: 'BOOL' }] },
    })
  })

  it.each([
    ['a content type', ['-H', 'Content-Type: application/json', '-d']],
    ['the content type of forms, as -d has it', ['-d']],
    ['bytes', ['-H', 'Content-Type: application/octet-stream', '--data-binary']],
  ])('infers with %s', async (_name, args) => {
    const sent = await curl(at('v2/models/mymodel/infer'), ...args, example(booleans, [2, 2]))
    expect(sent).toEqual({
      status: 200,
      body: {
        model_name: 'mymodel',
        model_version: '1',
        id: '42',
        outputs: [{ name: 'UINT32_out', shape: [2, 2], datatype: 'UINT32', data: four }],
      },
    })
  })

  it('infers on the path of a version', async () => {
    const path = at('v2/models/mymodel/versions/1/infer')
    expect(await curl(path, '-d', example(booleans, [2, 2]))).toMatchObject({ status: 200 })
  })

  it("refuses the specification's own example, whose shape and data disagree", async () => {
    const sent = await curl(at('v2/models/mymodel/infer'), '-d', example([true], [3]))
    expect(sent).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('inputs[1].data') },
    })
  })

  it('refuses with the error that clients read', async () => {
    const missing = await curl(at('v2/models/nothing'))
    expect(missing).toMatchObject({ status: 404, body: { error: expect.any(String) } })
    const broken = await curl(at('v2/models/mymodel/infer'), '-d', '{"inputs": [')
    expect(broken).toMatchObject({ status: 400, body: { error: expect.any(String) } })
  })
})
