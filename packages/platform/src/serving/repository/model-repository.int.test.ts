import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { interpreter } from '../../runtime/python/test-python.ts'
import { speakingModel } from '../streaming/test-speaking-model.ts'
import { addingModel, type TestServing, testServing } from '../test-serving.ts'
import { registerCatalogueMetrics } from '../traffic/catalogue-metrics.ts'

let folder: string
let test: TestServing | undefined

const write = async (path: string, content: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}
const start = async (): Promise<TestServing> => {
  test = await testServing({ repository: folder })
  return test
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-repository-'))
})
afterEach(async () => {
  await test?.[Symbol.asyncDispose]()
  test = undefined
  await rm(folder, { recursive: true, force: true })
})

const inputs = [
  { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [1] },
  { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['x'] },
]
const answerOf = async (serving: TestServing, path: string): Promise<unknown> => {
  const response = await serving.post(`/v2/models/${path}/infer`, { inputs })
  const body = (await response.json()) as { outputs?: { data: unknown[] }[]; error?: string }
  return body.outputs?.[0]?.data[0] ?? `${response.status} ${body.error}`
}
const indexOf = async (serving: TestServing): Promise<Record<string, string>> => {
  const response = await serving.post('/v2/repository/index', '')
  const models = (await response.json()) as Record<
    'name' | 'version' | 'state' | 'reason',
    string
  >[]
  return Object.fromEntries(
    models.map(({ name, version, state, reason }) => [`${name}/${version}`, reason || state]),
  )
}

it('serves each layout under the name of its folder, the newest version unnamed', async () => {
  await write('plain/model.onnx', addingModel(1))
  await write('versions/2/model.onnx', addingModel(2))
  await write('versions/10/model.onnx', addingModel(10))
  await write('logged/MLmodel', 'flavors:\n  onnx:\n    data: data/m.onnx\n  python_function: {}\n')
  await write('logged/data/m.onnx', addingModel(5))
  await write('.git/1/model.onnx', addingModel(9))
  const serving = await start()
  expect(await answerOf(serving, 'plain')).toBe(2)
  expect(await answerOf(serving, 'versions')).toBe(11)
  expect(await answerOf(serving, 'versions/versions/2')).toBe(3)
  expect(await answerOf(serving, 'logged')).toBe(6)
  expect(await answerOf(serving, 'versions/versions/3')).toMatch(/404 .*no version 3/)
  expect(await indexOf(serving)).toEqual({
    'logged/1': 'READY',
    'plain/1': 'READY',
    'versions/2': 'READY',
    'versions/10': 'READY',
  })
  const invoked = await serving.post('/endpoints/plain/invocations', {
    dataframe_records: [{ temp: 1, season: 'x' }],
  })
  expect(await invoked.json()).toEqual({ predictions: [2] })
  const metadata = await fetch(`${serving.url}/v2/models/versions`)
  expect(await metadata.json()).toMatchObject({ name: 'versions', versions: ['2', '10'] })
})

it('says why a folder does not answer, and serves the others', async () => {
  await write('good/1/model.onnx', addingModel(1))
  await write('text/1/model.onnx', 'this is no model at all')
  await write('empty/1/readme', '')
  await write('sklearn/MLmodel', 'flavors:\n  sklearn:\n    pickled_model: model.pkl\n')
  await write('escape/MLmodel', 'flavors:\n  onnx:\n    data: ../good/1/model.onnx\n')
  await write('absolute/MLmodel', 'flavors:\n  onnx:\n    data: /etc/passwd\n')
  await write('yaml/MLmodel', 'flavors: [unclosed')
  await write('bomb/MLmodel', 'a: &a [x,x]\nb: &b [*a,*a]\nflavors:\n  onnx: *b\n')
  const serving = await start()
  expect(await answerOf(serving, 'good')).toBe(2)
  const index = await indexOf(serving)
  expect(index['text/1']).toMatch(/not an ONNX model/)
  expect(index['empty/1']).toMatch(/neither MLmodel nor model.onnx/)
  expect(index['sklearn/1']).toMatch(/no flavor onnx or python_function, only sklearn/)
  expect(index['escape/1']).toMatch(/outside of its folder/)
  expect(index['absolute/1']).toMatch(/outside of its folder/)
  expect(index['yaml/1']).toMatch(/not YAML/)
  expect(index['bomb/1']).toMatch(/not YAML/)
  expect(await answerOf(serving, 'text')).toMatch(/503 .*not an ONNX model/)
  expect((await fetch(`${serving.url}/v2/models/text/ready`)).status).toBe(503)
  const loaded = await serving.post('/v2/repository/models/text/load', '')
  expect(loaded.status).toBe(400)
  expect(await loaded.json()).toMatchObject({ error: expect.stringMatching(/not an ONNX model/) })
})

it('swaps what changed on load, and keeps what answers when the new cannot be loaded', async () => {
  await write('m/1/model.onnx', addingModel(1))
  const serving = await start()
  await write('m/1/model.onnx', addingModel(7))
  expect(await answerOf(serving, 'm')).toBe(2)
  const load = () => serving.post('/v2/repository/models/m/load', '')
  expect((await load()).status).toBe(200)
  expect(await answerOf(serving, 'm')).toBe(8)

  await write('m/1/model.onnx', 'broken meanwhile')
  const refused = await load()
  expect(refused.status).toBe(400)
  expect(((await refused.json()) as { error: string }).error).toMatch(/goes on answering/)
  expect(await answerOf(serving, 'm')).toBe(8)

  await write('m/1/model.onnx', addingModel(7))
  await write('m/2/model.onnx', addingModel(20))
  const busy = Promise.all(Array.from({ length: 200 }, () => answerOf(serving, 'm')))
  expect((await load()).status).toBe(200)
  for (const answer of await busy) expect([8, 21]).toContain(answer)
  expect(await answerOf(serving, 'm')).toBe(21)

  const threads = [0, 1]
  for (const index of threads) serving.runtime.crashThread(index)
  await expect.poll(() => answerOf(serving, 'm'), { timeout: 10_000 }).toBe(21)

  expect((await serving.post('/v2/repository/models/m/unload', '')).status).toBe(200)
  expect(await answerOf(serving, 'm')).toMatch(/503 .*does not answer/)
  await write('late/1/model.onnx', addingModel(3))
  expect((await indexOf(serving))['late/']).toBe('not loaded yet')
  // Small requests are answered before the threads are back, loading is refused until then.
  const loadLate = () => serving.post('/v2/repository/models/late/load', '')
  await expect.poll(async () => (await loadLate()).status, { timeout: 10_000 }).toBe(200)
  expect(await answerOf(serving, 'late')).toBe(4)
  const events = await serving.audit.list({ limit: 50, subject: 'repository:*' })
  expect(events.items.map(({ type }) => type).sort()).toEqual([
    'serving.repository.loaded',
    'serving.repository.loaded',
    'serving.repository.loaded',
    'serving.repository.unloaded',
  ])
})

it.each(['..', '../m', '%2e%2e%2fm', '.hidden', 'm/../m', 'm\u0000', '/etc', 'con', 'M', 'm '])(
  'finds no model by the name %j',
  async (name) => {
    await write('m/1/model.onnx', addingModel(1))
    await symlink('/etc', join(folder, 'link'))
    const serving = await start()
    for (const verb of ['load', 'unload']) {
      const path = `/v2/repository/models/${encodeURIComponent(name)}/${verb}`
      expect((await serving.post(path, '')).status).toBe(404)
    }
    expect(await answerOf(serving, encodeURIComponent(name))).toMatch(/^404/)
  },
)

it('lets an endpoint answer in place of a folder of the same name', async () => {
  await write('hires/1/model.onnx', addingModel(100))
  const serving = await start()
  expect(await answerOf(serving, 'hires')).toBe(101)
  await serving.deploy('hires', await serving.register('bike', addingModel(1)))
  expect(await answerOf(serving, 'hires')).toBe(2)
  const response = await serving.post('/v2/repository/index', '')
  expect(await response.json()).toContainEqual({
    name: 'hires',
    version: '1',
    state: 'UNAVAILABLE',
    reason: expect.stringMatching(/same name/),
  })
  expect((await serving.post('/v2/repository/models/hires/unload', '')).status).toBe(409)
})

it('refuses a folder that is not there', async () => {
  folder = join(folder, 'nowhere')
  await expect(start()).rejects.toThrow(/nowhere is no folder/)
})

it('counts what repository models and endpoints answer, under the names of Triton', async () => {
  await write('folder/1/model.onnx', addingModel(1))
  const serving = await start()
  await serving.deploy('hires', await serving.register('bike', addingModel(1)))
  const registry = new Registry()
  registerCatalogueMetrics(registry, serving.catalogue)
  for (let i = 0; i < 3; i++) await answerOf(serving, 'folder')
  await answerOf(serving, 'hires')
  await serving.post('/v2/models/folder/infer', { inputs: [] })
  const text = await registry.metrics()
  expect(text).toContain('nv_inference_request_success{model="folder",version="1"} 3')
  expect(text).toContain('nv_inference_request_failure{model="folder",version="1"} 1')
  expect(text).toContain('nv_inference_count{model="hires",version="1"} 1')
  expect(text).toMatch(/nv_inference_compute_infer_duration_us\{model="folder",version="1"\} [1-9]/)
})

it('serves models for Python, each from a copy of its folder', async () => {
  for (const [path, content] of Object.entries(speakingModel))
    await write(`says/2/${path}`, content)
  const linked = { MLmodel: speakingModel['MLmodel']! }
  for (const [path, content] of Object.entries(linked)) await write(`linked/${path}`, content)
  await symlink('/etc/hostname', join(folder, 'linked', 'data.txt'))
  test = await testServing({ repository: folder, python: interpreter })
  const said = async (prompt: string): Promise<unknown> =>
    (await test!.post('/v2/models/says/generate', { prompt })).json()
  expect(await said('a')).toMatchObject({ model_version: '2', said: 'A' })
  const streamed = await test.post('/v2/models/says/generate_stream', { prompt: 'a b' })
  expect((await streamed.text()).match(/"said":"\w "/g)).toEqual(['"said":"a "', '"said":"b "'])
  expect(await (await fetch(`${test.url}/v2/models/says`)).json()).toMatchObject({
    platform: 'mlflow_pyfunc',
  })
  expect((await indexOf(test))['linked/1']).toContain('data.txt is a link')

  // What is loaded stays as it was until it is loaded again.
  const source = speakingModel['code/speaking.py']!
  await write('says/2/code/speaking.py', source.replace('.upper()', '.title()'))
  expect(await said('ab')).toMatchObject({ said: 'AB' })
  expect((await test.post('/v2/repository/models/says/load', {})).status).toBe(200)
  expect(await said('ab')).toMatchObject({ said: 'Ab' })
  await write('says/2/code/speaking.py', 'raise ValueError("broken")')
  const refused = await test.post('/v2/repository/models/says/load', {})
  expect(refused.status).toBe(400)
  expect(await refused.text()).toContain('broken')
  expect(await said('ab')).toMatchObject({ said: 'Ab' })
  expect((await test.post('/v2/repository/models/says/unload', {})).status).toBe(200)
  expect(await said('ab')).toMatchObject({ error: expect.any(String) })
}, 60_000)
