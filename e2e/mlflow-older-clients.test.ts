import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { TestServer } from './test-program.ts'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
/** A folder with MLflow 2.x that goes before the installed one. */
const older = process.env['KAIZEN_MLFLOW2'] ?? ''
/** A folder with MLflow's client of Java. */
const jars = process.env['KAIZEN_JARS'] ?? ''
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'
const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const clients = [
  {
    client: 'Python 2.22, tracking and registry',
    command: [python, fileOf('python/mlflow_client.py')],
    installed: existsSync(join(older, 'mlflow')),
    env: { PYTHONPATH: older },
    flows: 11,
    skips: ['workspaces'],
  },
  {
    client: 'Python 2.22, traces',
    command: [python, fileOf('python/mlflow_genai.py')],
    installed: existsSync(join(older, 'mlflow')),
    env: { PYTHONPATH: older },
    flows: 2,
    skips: [
      ...['traces', 'traces_of_runs', 'assessments', 'evaluation_datasets', 'scorers', 'prompts'],
    ],
  },
  {
    client: 'Java 2.17',
    command: ['java', '-cp', join(jars, '*'), fileOf('java/mlflow-flows.java')],
    installed: existsSync(jars),
    // Java names files, and reads its sources, by the locale; a bare machine has one of ASCII.
    env: { MLFLOW_PYTHON_EXECUTABLE: python, LC_ALL: 'C.UTF-8' },
    flows: 10,
    skips: [],
  },
]

describe("MLflow's other stock clients", () => {
  it.each(clients)('$client', async ({ client, command, installed, env, flows, skips }) => {
    if (!installed) {
      if (required) throw new Error(`${client} is not installed; see .ci/run`)
      console.log(`${client}: not installed, its flows do not run`)
      return
    }
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-clients-'))
    try {
      await using server = await TestServer.start(['--data-dir', join(folder, 'data')])
      const told = await output([...command, server.address], {
        cwd: folder,
        env: { ...process.env, ...env, MLFLOW_TRACKING_URI: server.address },
      })
      const of = (outcome: string) =>
        [...told.matchAll(new RegExp(`^${outcome} (\\w+)`, 'gm'))].map(([, name]) => name)
      console.log(`${client}: ${of('ok').length} flows passed, ${of('skip').length} skipped`)
      expect(of('FAILED'), told).toEqual([])
      expect(of('skip')).toEqual(skips)
      expect(of('ok'), told).toHaveLength(flows)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

const output = (
  [program = '', ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, args, options, (_, stdout, stderr) => resolve(stdout + stderr))
  })
