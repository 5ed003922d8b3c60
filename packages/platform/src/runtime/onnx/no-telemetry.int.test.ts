import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { encodeModel } from '@kaizen/ml'
import { afterEach, beforeEach, expect, it } from 'vitest'

const model = Buffer.from(
  encodeModel(
    {
      name: 'g',
      nodes: [{ operator: 'Tanh', domain: '', inputs: ['x'], output: 'y', attributes: {} }],
      constants: new Map(),
      inputs: [{ name: 'x', type: 'float', shape: [1] }],
      outputs: [{ name: 'y', type: 'float', shape: [1] }],
    },
    {},
  ),
).toString('base64')
let folder: string
let home: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-telemetry-'))
  home = join(folder, 'home')
  await mkdir(home)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Asks a runtime, in a process of its own, for a model; answers what was left in the home folder. */
async function leftBehind(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const script = `
    const { OnnxRuntime } = await import(${JSON.stringify(import.meta.resolve('./onnx-runtime.ts'))})
    await using runtime = new OnnxRuntime({ threads: 1 })
    await runtime.load(Buffer.from('${model}', 'base64'))`
  const file = join(folder, 'load.mjs')
  await writeFile(file, script)
  await promisify(execFile)(process.execPath, [file], {
    env: { HOME: home, XDG_CACHE_HOME: home, ...env },
  })
  return await readdir(home, { recursive: true })
}

it('loads onnxruntime without its reports', async () => {
  expect(await leftBehind({})).toEqual([])
})

it('leaves the choice to whoever sets it', async () => {
  expect((await leftBehind({ ORT_DISABLE_TELEMETRY: '0' })).length).toBeGreaterThan(0)
})
