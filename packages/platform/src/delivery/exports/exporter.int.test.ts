import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { exportTargets } from '@kaizen/contracts'
import { encodeModel } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OnnxRuntime } from '../../runtime/index.ts'
import { exportBundle } from './exporter.ts'
import type { GoldenSet } from './golden-set.ts'
import { type FileMap, tarOf } from './tar.ts'
import { models } from './test-models.ts'

const run = promisify(execFile)
const compiler = ['/usr/bin/cc', '/usr/local/bin/cc'].find(existsSync)
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const hasRuntime = spawnSync(python, ['-c', 'import onnxruntime']).status === 0
const isRequired = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

describe('exports', () => {
  let runtime: OnnxRuntime
  let root: string
  beforeAll(async () => {
    runtime = new OnnxRuntime({ threads: 1 })
    root = await mkdtemp(join(tmpdir(), 'kaizen-exports-'))
  })
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  const sourceOf = (content: Uint8Array) => ({
    name: 'a model',
    version: 3,
    description: 'As it is.',
    content,
  })
  const write = async (files: FileMap): Promise<string> => {
    const folder = await mkdtemp(join(root, 'bundle-'))
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    }
    return folder
  }

  describe.each(models)('%s', (_, train) => {
    let content: Uint8Array
    beforeAll(() => {
      content = train().toOnnx()
    })

    it('answers the golden set in JavaScript', async () => {
      const folder = await write(await exportBundle(runtime, 'javascript', sourceOf(content)))
      const { stdout } = await run(process.execPath, ['verify.js'], { cwd: folder })
      expect(stdout).toBe('64 golden rows, 0 answers differ\n')
    })

    it.skipIf(!compiler)(
      'answers the golden set in C, without a warning',
      async () => {
        const folder = await write(await exportBundle(runtime, 'c', sourceOf(content)))
        const flags = 'CFLAGS=-O1 -std=c99 -Wall -Wextra -Werror'
        const { stdout } = await run('make', ['-s', 'test', flags], { cwd: folder })
        expect(stdout).toBe('64 golden rows, 0 answers differ\n')
      },
      60_000,
    )
  })

  const [, train] = models[4]!

  it('is the same bytes each time, and every file is in the list of checksums', async () => {
    const content = train().toOnnx()
    // Images, which hold Node, and the agent, which needs a registry, have tests of their own.
    const others = ['oci', 'sagemaker', 'edge']
    for (const target of exportTargets.filter((one) => !others.includes(one))) {
      const files = await exportBundle(runtime, target, sourceOf(content))
      const again = await exportBundle(runtime, target, sourceOf(content))
      expect(tarOf(again).equals(tarOf(files))).toBe(true)
      const folder = await write(files)
      const { stdout } = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
        cwd: folder,
      })
      expect(stdout.trim().split('\n').length).toBe(Object.keys(files).length - 1)
      const manifest = JSON.parse(String(files['manifest.json']))
      expect(manifest).toMatchObject({ target, model: { name: 'a model', version: 3 } })
    }
  })

  it('asks on thresholds and beside them, for missing values and unseen categories', async () => {
    const files = await exportBundle(runtime, 'onnx', sourceOf(train().toOnnx()))
    const golden = JSON.parse(String(files['golden.json'])) as GoldenSet
    const [amount, , town] = golden.inputs
    expect(amount?.data).toContain('NaN')
    expect(town?.data).toContain('')
    expect(town?.data.some((value) => String(value).startsWith('not '))).toBe(true)
    const labels = golden.outputs.find(({ name }) => name === 'label')
    expect(new Set(labels?.data)).toEqual(new Set(['no', 'yes "y"']))
  })

  it('sees answers that differ', async () => {
    const files = { ...(await exportBundle(runtime, 'javascript', sourceOf(train().toOnnx()))) }
    files['model.js'] = String(files['model.js']).replace('value <= splits', 'value < splits')
    const folder = await write(files)
    await expect(run(process.execPath, ['verify.js'], { cwd: folder })).rejects.toThrow(
      /instead of/,
    )
  })

  it.skipIf(!compiler)('sees answers that differ in C', async () => {
    const files = { ...(await exportBundle(runtime, 'c', sourceOf(train().toOnnx()))) }
    files['model.c'] = String(files['model.c']).replace('value <= splits', 'value < splits')
    await expect(run('make', ['-s', 'test'], { cwd: await write(files) })).rejects.toThrow()
  })

  it.skipIf(!hasRuntime && !isRequired)(
    'answers the golden set in onnxruntime of Python',
    async () => {
      const folder = await write(await exportBundle(runtime, 'onnx', sourceOf(train().toOnnx())))
      const { stdout } = await run(python, ['verify.py'], { cwd: folder })
      expect(stdout).toBe('64 golden rows, 0 outputs differ\n')
    },
    60_000,
  )

  it('says which operator keeps a model from being written as source, and still bundles it', async () => {
    const content = encodeModel(
      {
        name: 'g',
        nodes: [{ operator: 'Tanh', domain: '', inputs: ['x'], output: 'y', attributes: {} }],
        constants: new Map(),
        inputs: [{ name: 'x', type: 'float', shape: [3] }],
        outputs: [{ name: 'y', type: 'float', shape: [3] }],
      },
      {},
    )
    for (const target of ['javascript', 'c'] as const) {
      await expect(exportBundle(runtime, target, sourceOf(content))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('the operator Tanh'),
      })
    }
    const files = await exportBundle(runtime, 'onnx', sourceOf(content))
    expect(files['model.onnx']).toBe(content)
    const golden = JSON.parse(String(files['golden.json'])) as GoldenSet
    expect(golden.outputs[0]?.shape).toEqual([64, 3])
    expect(golden.outputs[0]?.data[5]).toBeCloseTo(Math.tanh(Number(golden.inputs[0]?.data[5])), 6)
  })

  it('refuses what is no model', async () => {
    await expect(
      exportBundle(runtime, 'onnx', sourceOf(Buffer.from('not a model'))),
    ).rejects.toMatchObject({ code: 'INVALID_MODEL' })
  })
})
