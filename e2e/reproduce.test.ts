import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PipelineRunDetail, Reproduction } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kaizen, TestServer } from './test-program.ts'

let folder: string
let project: string
let server: TestServer
const git = async (...args: readonly string[]): Promise<string> => {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd: project })
  return stdout.trim()
}
const run = async (...args: readonly string[]) =>
  kaizen(args, { cwd: project, env: { KAIZEN_SERVER: server.address } })
const post = async (path: string, body: unknown) => {
  const answer = await fetch(server.address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.json() as Promise<Record<string, Record<string, Record<string, string>>>>
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-again-e2e-'))
  project = join(folder, 'forecast')
  expect(await kaizen(['init', project])).toMatchObject({ code: 0 })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'first')
  server = await TestServer.start(['--data-dir', join(folder, 'data')])
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('kaizen runs reproduce', () => {
  let first: PipelineRunDetail

  it('restores commit, difference, data, parameters and seed, and comes to the same to the bit', async () => {
    await appendFile(join(project, 'steps/describe-model.ts'), '\n// not committed\n')
    expect(await run('apply')).toMatchObject({ code: 0 })
    const started = await run(
      ...['pipelines', 'start', 'fit-delivery-time', '--json'],
      `trainFrom=${Date.UTC(2025, 1, 1)}`,
      `trainTo=${Date.UTC(2025, 2, 1)}`,
    )
    expect(started).toMatchObject({ code: 0 })
    first = JSON.parse(started.stdout) as PipelineRunDetail
    // What is in force and in the folder now is not what ran then.
    await git('checkout', '--quiet', '--', '.')
    await appendFile(join(project, 'kaizen.ts'), '\n// later\n')
    await git('commit', '--quiet', '--all', '--message', 'second')
    expect(await run('apply')).toMatchObject({ code: 0 })

    const worktree = join(folder, 'again')
    const again = await run('runs', 'reproduce', first.id, '--worktree', worktree, '--keep')
    expect(again.stderr).toBe('')
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('what differed from the commit is applied (1 file)')
    expect(again.stdout).toMatch(/all \d+ files are those that ran, to the bit/)
    expect(again.stdout).toContain('Data: deliveries version 1, as then.')
    expect(again.stdout).toContain(`IDENTICAL: ${first.trackingRunId}`)
    const restored = await readFile(join(worktree, 'steps/describe-model.ts'), 'utf8')
    expect(restored).toContain('// not committed')
    expect(await git('worktree', 'list')).toContain(worktree)
    await git('worktree', 'remove', '--force', worktree)
  })

  it('keeps the result with both runs, and leaves no working tree behind unless told', async () => {
    const again = await run('runs', 'reproduce', first.trackingRunId ?? '', '--json')
    expect(again.code).toBe(0)
    const result = JSON.parse(again.stdout) as Reproduction
    expect(result).toMatchObject({ verdict: 'identical', pipelineRun: first.id, params: [] })
    expect(await git('worktree', 'list')).not.toContain('kaizen-reproduce')
    const shown = await run('runs', 'show', result.byRunId)
    expect(shown.stdout).toContain('kaizen.reproduces')
    const original = await run('runs', 'show', result.runId)
    expect(original.stdout).toContain(result.byRunId)
  })

  it('says what it cannot restore, and still runs from the files that the server keeps', async () => {
    const elsewhere = await kaizen(['runs', 'reproduce', first.id, '--repository', tmpdir()], {
      env: { KAIZEN_SERVER: server.address },
    })
    expect(elsewhere.stdout).toContain('Code: not restored into a working tree')
    expect(elsewhere.stdout).toContain('IDENTICAL')
    expect(elsewhere.code).toBe(0)
  })

  it('runs a command in the restored code where a client made the run, and tells when it differs', async () => {
    const program = `fetch(process.env.MLFLOW_TRACKING_URI + '/api/2.0/mlflow/runs/log-metric', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ run_id: process.env.MLFLOW_RUN_ID,
      key: 'loss', value: Number(process.argv[2]), timestamp: 1, step: 0 }) })\n`
    await writeFile(join(project, 'train.mjs'), program)
    await git('add', 'train.mjs')
    await git('commit', '--quiet', '--message', 'a program')
    const commit = await git('rev-parse', 'HEAD')
    await git('rm', '--quiet', 'train.mjs')
    await git('commit', '--quiet', '--message', 'without it')
    const { run: made } = await post('/api/2.0/mlflow/runs/create', {
      experiment_id: '0',
      tags: [{ key: 'mlflow.source.git.commit', value: commit }],
    })
    const id = made?.['info']?.['run_id'] ?? ''
    await post('/api/2.0/mlflow/runs/log-metric', {
      run_id: id,
      key: 'loss',
      value: 0.5,
      timestamp: 1,
    })
    await post('/api/2.0/mlflow/runs/update', { run_id: id, status: 'FINISHED', end_time: 2 })

    const unsaid = await run('runs', 'reproduce', id)
    expect(unsaid.code).not.toBe(0)
    expect(unsaid.stdout).toContain('whether the working tree was changed was not logged')
    expect(unsaid.stderr).toContain(`kaizen runs reproduce ${id} -- COMMAND`)
    const same = await run('runs', 'reproduce', id, '--', process.execPath, 'train.mjs', '0.5')
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('IDENTICAL') })
    const other = await run('runs', 'reproduce', id, '--', process.execPath, 'train.mjs', '0.75')
    expect(other.code).toBe(1)
    expect(other.stdout).toContain('1 metric is different: loss')
    const failing = await run('runs', 'reproduce', id, '--', process.execPath, 'nothing.mjs')
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining('FAILED') })
    expect(await readdir(project)).not.toContain('train.mjs')
  })

  it('takes no commit from a tag that would be an option of git', async () => {
    const { run: made } = await post('/api/2.0/mlflow/runs/create', {
      experiment_id: '0',
      tags: [{ key: 'mlflow.source.git.commit', value: '--upload-pack=touch hacked' }],
    })
    const id = made?.['info']?.['run_id'] ?? ''
    const ended = await run('runs', 'reproduce', id, '--restore-only')
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no git commit is known'),
    })
    expect(await readdir(project)).not.toContain('hacked')
  })
})
