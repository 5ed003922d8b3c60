import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kaizen, TestServer } from './test-program.ts'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const installed = await promisify(execFile)(python, ['-c', 'import mlflow, alembic']).then(
  () => true,
  () => false,
)
if (!installed && process.env['KAIZEN_REQUIRE_SERVICES'] === '1') {
  throw new Error(`mlflow and alembic cannot be imported by ${python}`)
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-store-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function script(name: string, args: readonly string[], cwd: string) {
  const path = fileURLToPath(new URL(`./python/${name}`, import.meta.url))
  const { stdout } = await promisify(execFile)(python, [path, ...args], {
    cwd,
    env: { ...process.env, MLFLOW_TRACKING_URI: args[0] ?? '', GIT_PYTHON_REFRESH: 'quiet' },
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
}

interface Copied {
  readonly code: number | null
  readonly counts: Record<string, number>
  readonly failures: readonly { readonly what: string; readonly why: string }[]
}

async function taken(
  server: TestServer,
  store: string,
  artifacts: string,
  more: readonly string[] = [],
): Promise<Copied> {
  const where = ['--artifacts', artifacts, '--server', server.address, ...more]
  const ended = await kaizen(['import', 'mlflow', '--from', store, ...where, '--json'])
  return { code: ended.code, ...(JSON.parse(ended.stdout) as Omit<Copied, 'code'>) }
}

const tablesOf = (database: DatabaseSync): readonly string[] =>
  database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => String(name))

/** The page on MLflow's tables: name, and whether it is taken. */
async function tablesOnPage(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(
    new URL('../docs/reference/mlflow-tables.md', import.meta.url),
    'utf8',
  )
  const rows = page.matchAll(/^\| `(\w+)` \| (yes|no|read) \| (.*)\|$/gm)
  return new Map(
    [...rows].map(([, name = '', taken = '', why = '']) => [
      name,
      taken === 'no' ? why.trim() : taken,
    ]),
  )
}

/** Breaks a copy off with no warning, in the middle of the first run. */
async function killedOnceRunIsThere(server: TestServer, store: string, artifacts: string) {
  const where = ['--artifacts', artifacts, '--server', server.address]
  const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
  const copy = spawn(process.execPath, [program, 'import', 'mlflow', '--from', store, ...where], {
    stdio: 'ignore',
  })
  const run = `${server.address}/api/2.0/mlflow/runs/get?run_id=${'a'.repeat(32)}`
  while (copy.exitCode === null && !(await fetch(run)).ok) await sleep(5)
  copy.kill('SIGKILL')
  if (copy.exitCode === null && copy.signalCode === null) await once(copy, 'exit')
  expect(copy.signalCode).toBe('SIGKILL')
}

describe.skipIf(!installed)('a store without a server, read where it lies', () => {
  it('of the newest MLflow is taken over whole, twice without doubles, and is not written to', async () => {
    const cwd = await mkdtemp(join(folder, 'new-'))
    const store = `sqlite:///${cwd}/mlflow.db`
    await script('mlflow_fill.py', [store], cwd)
    const before = await script('mlflow_read.py', [store], cwd)
    const database = new DatabaseSync(join(cwd, 'mlflow.db'), { readOnly: true })
    const version = () => database.prepare('PRAGMA data_version').get()
    const unwritten = version()
    await script('mlflow_auth_store.py', [`sqlite:///${cwd}/auth.db`], cwd)
    const auth = new DatabaseSync(join(cwd, 'auth.db'), { readOnly: true })
    const told = await tablesOnPage()
    expect([...told.keys()].toSorted()).toEqual(
      [...tablesOf(database), ...tablesOf(auth)].toSorted(),
    )
    expect([...told.values()].every(Boolean), 'what is declined has a reason').toBe(true)
    auth.close()
    await using server = await TestServer.start(['--data-dir', join(cwd, 'kaizen')])
    const withUsers = ['--auth-database', `sqlite:///${cwd}/auth.db`]
    const first = await taken(server, store, join(cwd, 'mlruns'), withUsers)
    expect(first.failures).toEqual([])
    expect(first.counts).toMatchObject({
      users: 2,
      runs: 6,
      'metric points': 3 * 1201 + 1,
      'logged models': 1,
      prompts: 1,
      traces: 1,
      spans: 2,
      assessments: 3,
      'evaluation data sets': 1,
    })
    expect(await script('mlflow_read.py', [server.address], cwd)).toEqual(before)
    const again = await taken(server, store, join(cwd, 'mlruns'))
    expect(again.counts).toMatchObject({ 'runs already there': 6, 'traces already there': 1 })
    expect(again.counts).not.toHaveProperty('artifacts')
    expect(await script('mlflow_read.py', [server.address], cwd)).toEqual(before)
    expect(version()).toEqual(unwritten)
    database.close()
  }, 600_000)

  it('of MLflow 2.22 is taken over from a folder that has moved, with a curve of 30,000 points', async () => {
    const cwd = await mkdtemp(join(folder, 'old-'))
    const artifacts = join(cwd, 'artifacts')
    const path = join(cwd, 'old.db')
    await script('mlflow_old_store.py', [path, artifacts, '0584bdc529eb'], cwd)
    await using server = await TestServer.start(['--data-dir', join(cwd, 'kaizen')])
    await killedOnceRunIsThere(server, `sqlite:///${path}`, artifacts)
    const first = await taken(server, `sqlite:///${path}`, artifacts)
    expect(first.failures).toEqual([])
    expect(first.counts).toMatchObject({
      'runs already there': 1,
      'metric points': 30_000,
      artifacts: 1,
      traces: 1,
      'registered models': 1,
    })
    const get = async (path: string) =>
      (await (await fetch(`${server.address}/api/2.0/mlflow/${path}`)).json()) as Record<
        string,
        unknown
      >
    const id = 'a'.repeat(32)
    expect(await get(`runs/get?run_id=${id}`)).toMatchObject({
      run: {
        info: { run_name: 'first', user_id: 'ann', start_time: 1000, end_time: 2000 },
        data: { metrics: [{ key: 'loss', value: 29_999, step: 29_999 }] },
      },
    })
    const history = await get(`metrics/get-history?run_id=${id}&metric_key=loss`)
    expect(history['metrics']).toHaveLength(30_000)
    const spans = `${server.address}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-old&path=traces.json`
    expect(await (await fetch(spans)).json()).toMatchObject({ spans: [{ name: 'answer' }] })
    expect(await get('model-versions/get?name=old%20model&version=2')).toMatchObject({
      model_version: { run_id: id, current_stage: 'Production', source: `runs:/${id}/model` },
    })
  })

  it('that names files elsewhere on this machine gets none of them, and the rest is taken', async () => {
    const cwd = await mkdtemp(join(folder, 'hostile-'))
    const artifacts = join(cwd, 'artifacts')
    const path = join(cwd, 'old.db')
    await script('mlflow_old_store.py', [path, artifacts, '0584bdc529eb'], cwd)
    const database = new DatabaseSync(path)
    database.exec("UPDATE runs SET artifact_uri = 'file:///etc'")
    database.exec("UPDATE model_versions SET source = 'https://elsewhere.example/model'")
    database.close()
    await using server = await TestServer.start(['--data-dir', join(cwd, 'kaizen')])
    const copy = await taken(server, `sqlite:///${path}`, artifacts)
    expect(copy.code).toBe(4)
    expect(copy.counts).not.toHaveProperty('artifacts')
    expect(copy.counts).toMatchObject({
      'metric points': 30_000,
      'registered models': 1,
      'model versions whose files stay where they are': 1,
    })
    expect(copy.failures).toEqual([
      { what: `run ${'a'.repeat(32)} of "old"`, why: expect.stringContaining('lies outside') },
    ])
  })

  it('that is none, or of a schema that is not known, is refused before anything is copied', async () => {
    const from = (store: string) => kaizen(['import', 'mlflow', '--from', store])
    const absent = await from(`sqlite:///${folder}/none.db`)
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no file') })
    const other = new DatabaseSync(join(folder, 'other.db'))
    other.exec('CREATE TABLE t (a); CREATE TABLE alembic_version (version_num)')
    other.exec("INSERT INTO alembic_version VALUES ('451aebb31d03')")
    other.close()
    const old = await from(`sqlite:///${folder}/other.db`)
    expect(old.code).not.toBe(0)
    expect(old.stderr).toContain('those of MLflow 2.0 to 3.17 are read')
  })
})
