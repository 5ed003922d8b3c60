import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PipelineRunDetail } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kaizen, TestServer } from './test-program.ts'

let folder: string
let project: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-project-'))
  project = join(folder, 'forecast')
  expect(await kaizen(['init', project])).toMatchObject({ code: 0 })
})
afterAll(() => rm(folder, { recursive: true }))

const run = async (...args: readonly string[]) => {
  const ended = await kaizen(['run', '--json', ...args], { cwd: project })
  return { ...ended, run: () => JSON.parse(ended.stdout) as PipelineRunDetail }
}

describe('a project that `kaizen init` has made', () => {
  it('runs without a server, writes its outputs, and the second time takes all from the cache', async () => {
    const first = await run('--out', '.results')
    expect(first).toMatchObject({ code: 0 })
    expect(first.run()).toMatchObject({
      state: 'succeeded',
      outputs: { metrics: { value: { mae: expect.any(Number) } } },
    })
    expect((await readdir(join(project, '.results'))).toSorted()).toEqual([
      'metrics.json',
      'model.onnx',
      'summary',
    ])
    expect(await readFile(join(project, '.results/summary'), 'utf8')).toContain('| distance_km |')

    const second = (await run()).run()
    expect(second.steps).toEqual({ total: 2, done: 2, cached: 2, failed: 0 })
    expect(second.outputs).toEqual(first.run().outputs)
  })

  it('runs on a part of the rows, told in words', async () => {
    const { code, run: ended } = await run('trainFrom=2025-02-01', 'trainTo=2025-03-01T00:00:00Z')
    expect(code).toBe(0)
    const train = ended().stepRuns.find(({ node }) => node === 'train')
    expect(train?.lineage?.datasets[0]).toMatchObject({
      from: Date.UTC(2025, 1, 1),
      to: Date.UTC(2025, 2, 1),
    })
  })

  it('says what is wrong with what it is told', async () => {
    expect(await run('no-such-pipeline')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('It has: fit-delivery-time.'),
    })
    expect(await run('depth=3')).toMatchObject({ code: 2 })
    expect(await run('trainFrom=soon')).toMatchObject({ code: 2 })
  })

  it('does not run beside a server that has its data open, but there', async () => {
    await using server = await TestServer.start(['--data-dir', join(project, '.kaizen')])
    const beside = await run()
    expect(beside.code).toBe(4)
    expect(JSON.parse(beside.stderr)).toMatchObject({
      error: { code: 'DATA_DIRECTORY_LOCKED', hint: expect.stringContaining('pipelines start') },
    })
    const at = ['--server', server.address, '--json']
    const there = await kaizen(
      ['pipelines', 'start', 'fit-delivery-time', 'trainFrom=0', 'trainTo=8640000000000000', ...at],
      { cwd: project },
    )
    expect(there).toMatchObject({ code: 0 })
    expect(JSON.parse(there.stdout)).toMatchObject({ state: 'succeeded' })
    const { stdout } = await kaizen(['doctor', '--data-dir', '.kaizen', ...at], { cwd: project })
    const { findings } = JSON.parse(stdout) as { findings: { name: string; detail: string }[] }
    expect(findings.find(({ name }) => name === 'data directory')?.detail).toContain('has it open')
    expect(findings.find(({ name }) => name === 'server')).toMatchObject({ state: 'ok' })
  })

  it('with a file that cannot be read is refused by the name of the file', async () => {
    const broken = join(folder, 'broken')
    await kaizen(['init', broken])
    const path = join(broken, 'data/deliveries.csv')
    const lines = (await readFile(path, 'utf8')).split('\n')
    lines[700] = '2025-02-28T10:00:00,5,10,1,2,3,4,5,6,7,8'
    await writeFile(path, lines.join('\n'))
    const { code, stderr } = await kaizen(['run', '--json'], { cwd: broken })
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'INVALID_DATA', message: expect.stringMatching(/^data\/deliveries\.csv: /) },
    })
  })
})

describe('kaizen dev parity', () => {
  it('closes with the totals and fails where a case does', async () => {
    const cases = join(folder, 'cases')
    await mkdir(cases)
    const ks = (id: string, statistic: number) => ({
      id,
      function: 'ks',
      parameters: { method: 'asymptotic' },
      inputs: { reference: [1, 2, 3], current: [1, 2, 3] },
      expected: { statistic },
      tolerance: {},
    })
    const write = (...all: readonly object[]) =>
      writeFile(join(cases, 'drift.json'), JSON.stringify({ family: 'drift', cases: all }))
    await write(ks('right', 0))
    expect(await kaizen(['dev', 'parity', cases])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n1 passed, 0 failed\n$/),
    })
    await write(ks('right', 0), ks('wrong', 1), { ...ks('new', 0), function: 'unheard-of' })
    const { code, stdout } = await kaizen(['dev', 'parity', cases])
    expect(code).toBe(1)
    expect(stdout).toMatch(/\n1 passed, 2 failed\n$/)
    expect(stdout).toContain('wrong\n    statistic: expected 1, got 0')
    expect(stdout).toContain("function 'unheard-of' is not known")
  })
})
