import { execFile, fork } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type StepContract, stepResult } from '@kaizen/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('./step-main.ts', import.meta.url))
const steps = `
import { metric, file, step, value } from '@kaizen/sdk'
export const good = step('good', {
  in: { n: value<number>() }, out: { twice: metric(), note: file() },
  run: ({ n }, { logMetric, logParam, seed }) => {
    setInterval(() => undefined, 1000)
    logParam('seed', seed); logMetric('loss', 2, 0); logMetric('loss', 1, 1); logMetric('size', n)
    return { twice: n * 2, note: 'done' }
  },
})
export const nan = step('nan', { in: {}, out: { x: value() }, run: () => ({ x: { deep: [NaN] } }) })
export const absent = step('absent', { in: {}, out: { x: value() }, run: () => ({}) })
export const dies = step('dies', { in: {}, out: {}, run: () => { throw new Error('no luck') } })
`
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-step-'))
  await writeFile(join(folder, 'steps.ts'), steps)
})
afterEach(() => rm(folder, { recursive: true }))

async function contractFor(outputs: StepContract['outputs'] = {}): Promise<string> {
  const path = join(folder, 'contract.json')
  const contract: StepContract = {
    contract: 1,
    run: 'run_1',
    node: 'n',
    step: 's',
    attempt: 1,
    inputs: { n: { kind: 'value', value: 21 } },
    outputs,
    params: {},
    seed: 7,
    resultPath: join(folder, 'result.json'),
  }
  await writeFile(path, JSON.stringify(contract))
  return path
}
const result = async () =>
  stepResult.parse(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')))

async function run(step: string, outputs?: StepContract['outputs']) {
  const env = { ...process.env, KAIZEN_STEP: await contractFor(outputs) }
  return new Promise<{ code: number; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, 'steps.ts', step], { cwd: folder, env }, (error, _, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    )
  })
}
const goodOutputs = (): StepContract['outputs'] => ({
  twice: { kind: 'metric' },
  note: { kind: 'file', path: join(folder, 'note') },
})
const goodResult = {
  outputs: { twice: 42 },
  metrics: {
    loss: [
      { step: 0, value: 2 },
      { step: 1, value: 1 },
    ],
    size: 21,
  },
  params: { seed: 7 },
}

describe('step process', () => {
  it('keeps the contract, and ends though the step left a timer open', async () => {
    expect(await run('good', goodOutputs())).toEqual({ code: 0, stderr: '' })
    expect(await result()).toEqual(goodResult)
    expect(await readFile(join(folder, 'note'), 'utf8')).toBe('done')
  })

  it('waits warm for its assignment', async () => {
    const child = fork(main, [], { env: { ...process.env, KAIZEN_STEP: undefined } })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const contractPath = await contractFor(goodOutputs())
    child.send({ contractPath, cwd: folder, args: ['steps.ts', 'good'], env: {} })
    expect(await ended).toBe(0)
    expect(await result()).toEqual(goodResult)
  })

  it('leaves with the server that warmed it', async () => {
    const child = fork(main, [], { env: { ...process.env, KAIZEN_STEP: undefined } })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.disconnect()
    expect(await ended).toBe(0)
  })

  it.each([
    ['dies', 'no luck', {}],
    ['nan', 'output "x" holds NaN', { x: { kind: 'value' } }],
    ['absent', 'output "x" is missing', { x: { kind: 'value' } }],
    ['none', 'exports no step named "none"', {}],
  ] as const)('%s: says why it failed', async (step, message, outputs) => {
    const { code, stderr } = await run(step, outputs)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect((await result()).error?.message).toContain(message)
  })

  it('names a package that is not installed', async () => {
    await writeFile(join(folder, 'steps.ts'), "import 'no-such-package'\n")
    const { stderr } = await run('good')
    expect(stderr).toContain('the package "no-such-package" is not installed where steps run')
  })
})
