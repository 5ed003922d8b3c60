import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { python, startMlflow } from './mlflow-server.ts'
import { kaizen, TestServer } from './test-program.ts'

async function script(name: string, url: string): Promise<Record<string, unknown>> {
  const path = fileURLToPath(new URL(`./python/${name}`, import.meta.url))
  const { stdout } = await promisify(execFile)(python, [path, url], {
    env: { ...process.env, MLFLOW_TRACKING_URI: url, GIT_PYTHON_REFRESH: 'quiet' },
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

const copied = async (command: readonly string[]) => {
  const { code, stdout, stderr } = await kaizen([...command, '--json'])
  expect(stderr + (code === 0 ? '' : stdout)).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout) as { readonly counts: Record<string, number>; failures: unknown[] }
}

it('takes an MLflow server over and hands it back, with nothing missing and nothing doubled', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-copy-test-'))
  const other = await mkdtemp(join(tmpdir(), 'kaizen-copy-test-'))
  const [filled, empty] = await Promise.all([startMlflow(folder), startMlflow(other)])
  await using old = filled
  await using fresh = empty
  await script('mlflow_fill.py', old.url)
  const before = await script('mlflow_read.py', old.url)

  await using server = await TestServer.start(['--data-dir', join(folder, 'kaizen')])
  const taking = ['import', 'mlflow', '--from', old.url, '--server', server.address]
  const taken = await copied(taking)
  expect(taken.counts).toMatchObject({
    runs: 5,
    'metric points': 3 * 1201,
    'logged models': 1,
    prompts: 1,
    traces: 1,
    spans: 2,
    assessments: 3,
    'evaluation data sets': 1,
  })
  expect(await script('mlflow_read.py', server.address)).toEqual(before)
  const again = await copied(taking)
  expect(again.counts).toMatchObject({
    'runs already there': 5,
    'logged models already there': 1,
    'traces already there': 1,
    'evaluation data sets already there': 1,
  })
  expect(again.counts).not.toHaveProperty('spans')
  expect(again.counts).not.toHaveProperty('artifacts')
  expect(await script('mlflow_read.py', server.address)).toEqual(before)

  const handing = ['export', 'mlflow', '--to', fresh.url, '--server', server.address]
  await copied(handing)
  await copied(handing)
  const after = await script('mlflow_read.py', fresh.url)
  // MLflow gives ids of its own; all else is as it was.
  expect({ ...after, ids: [] }).toEqual({ ...before, ids: [] })
  await rm(folder, { recursive: true, force: true })
  await rm(other, { recursive: true, force: true })
}, 600_000)

it('says who cannot be reached, and goes wrong in no other way', async () => {
  const { code, stderr } = await kaizen(['import', 'mlflow', '--from', 'http://127.0.0.1:9'])
  expect(code).toBe(6)
  expect(stderr).toContain('cannot be reached')
  const wrong = await kaizen(['import', 'mlflow', '--from', 'mysql://a/b'])
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('is not the address of a server')
})
