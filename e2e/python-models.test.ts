import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExplanationView, ReplayView } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kaizen, TestServer } from './test-program.ts'

const run = promisify(execFile)
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const importable = await run(python, ['-c', 'import mlflow, sklearn, tritonclient.grpc']).then(
  () => true,
  () => false,
)
const runs = importable || process.env['KAIZEN_REQUIRE_SERVICES'] === '1'
const scriptAt = (name: string): string => fileURLToPath(new URL(`python/${name}`, import.meta.url))

interface Logged {
  readonly rows: readonly { readonly hr: number; readonly temp: number }[]
  readonly demand: readonly number[]
}

let folder: string
let server: TestServer
let logged: Logged

const start = (): Promise<TestServer> =>
  TestServer.start(['--data-dir', join(folder, 'data'), '--grpc-port', '0'], {
    env: { KAIZEN_PYTHON: python },
  })

beforeAll(async () => {
  if (!runs) return
  folder = await mkdtemp(join(tmpdir(), 'kaizen-python-models-'))
  server = await start()
  const { stdout } = await run(python, [scriptAt('log_pyfunc.py'), server.address])
  logged = JSON.parse(stdout.trim().split('\n').at(-1)!) as Logged
}, 120_000)

afterAll(async () => {
  if (!runs) return
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const cli = (...args: readonly string[]) =>
  kaizen([...args], { env: { KAIZEN_SERVER: server.address } })

async function invoked(endpoint: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${server.address}/endpoints/${endpoint}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

/** Processes of models that run on this machine and were started by the server of the tests. */
async function workersOf(parent: number): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (Number(ppid) === parent && command.includes('worker.py')) found.push(Number(name))
  }
  return found
}

describe.skipIf(!runs)('a scikit-learn model logged by the stock client', () => {
  it('is deployed by its alias and answers on every protocol', { timeout: 120_000 }, async () => {
    const made = await cli('endpoints', 'create', 'demand', '--model', 'models:/demand@champion')
    expect(made.stderr).toBe('')
    expect(made.code).toBe(0)
    const asked = await cli('endpoints', 'predict', 'demand', 'hr=8', 'temp=0.5')
    expect(asked.stderr).toBe('')
    expect(Number.parseFloat(asked.stdout)).toBeCloseTo(24.5, 9)

    const { predictions } = (await invoked('demand', { dataframe_records: logged.rows })) as {
      predictions: number[]
    }
    for (const [i, value] of predictions.entries()) expect(value).toBeCloseTo(logged.demand[i]!, 9)

    const inferred = await fetch(`${server.address}/v2/models/demand/infer`, {
      method: 'POST',
      body: JSON.stringify({
        inputs: [
          { name: 'hr', datatype: 'INT64', shape: [1, 1], data: [1] },
          { name: 'temp', datatype: 'FP64', shape: [1, 1], data: [0.25] },
        ],
      }),
    })
    const { outputs } = (await inferred.json()) as { outputs: { data: number[] }[] }
    expect(outputs[0]?.data[0]).toBeCloseTo(3.25, 9)

    const address = [new URL(server.address).host, server.grpcAddress!]
    const { stdout } = await run(python, [scriptAt('triton_pyfunc.py'), ...address, 'demand'])
    expect(stdout).toContain('tritonclient agrees')

    const wrong = await invoked('demand', { dataframe_records: [{ hr: 'eight', temp: 1 }] })
    expect(wrong).toHaveProperty('error_code')
  })

  it('is explained, and put to the requests that were logged', { timeout: 120_000 }, async () => {
    const answer = (await invoked('demand', {
      dataframe_records: [{ hr: 8, temp: 0.5 }],
      params: { explain: 'shap', explain_budget_ms: 10_000 },
    })) as { explanations: ExplanationView }
    const { explanations } = answer
    expect(explanations).toMatchObject({ method: 'linear-shap', exact: true, link: 'identity' })
    expect(explanations.features).toEqual(['hr', 'temp'])
    expect(explanations.rows[0]?.[0]?.score).toBeCloseTo(24.5, 6)
    const replay = async (model: string) =>
      JSON.parse(
        (await cli('endpoints', 'replay', 'demand', '--model', model, '--json')).stdout,
      ) as ReplayView
    const same = await replay('models:/demand@champion')
    expect(same.answered).toBeGreaterThan(4)
    expect(same.same).toBe(same.answered)
    const next = await replay('models:/demand@next')
    expect(next).toMatchObject({ answered: same.answered, same: 0, failed: 0 })
    expect(next.meanDifference).toBeCloseTo(1000, 3)
  })

  it('is swapped for the next version without a lost or wrong answer', {
    timeout: 120_000,
  }, async () => {
    const seen = { old: 0, new: 0 }
    let goOn = true
    const client = async (): Promise<void> => {
      while (goOn) {
        const { predictions } = (await invoked('demand', {
          dataframe_records: [{ hr: 1, temp: 0 }],
        })) as { predictions: number[] }
        const [value] = predictions
        if (Math.abs(value! - 3) < 1e-6) seen.old++
        else if (Math.abs(value! - 1003) < 1e-6) seen.new++
        else throw new Error(`a wrong answer: ${value}`)
      }
    }
    const clients = [client(), client(), client()]
    const route = ['endpoints', 'route', 'demand', 'champion=models:/demand@next']
    const routed = await cli(...route, '--reason', 'the next version')
    expect(routed.code, routed.stderr).toBe(0)
    await pause(300)
    goOn = false
    await Promise.all(clients)
    expect(seen.old).toBeGreaterThan(0)
    expect(seen.new).toBeGreaterThan(0)
    expect(await workersOf(server.child.pid!)).toHaveLength(1)
  })

  it('recovers from a killed process, and ends with a killed server', {
    timeout: 120_000,
  }, async () => {
    const [worker] = await workersOf(server.child.pid!)
    process.kill(worker!, 'SIGKILL')
    const body = { dataframe_records: [{ hr: 2, temp: 0 }] }
    await expect
      .poll(() => invoked('demand', body), { timeout: 30_000 })
      .toMatchObject({ predictions: [expect.closeTo(1006, 6)] })
    const [another] = await workersOf(server.child.pid!)
    expect(another).not.toBe(worker)
    await server.kill()
    await expect
      .poll(() => readFile(`/proc/${another}/cmdline`, 'utf8').catch(() => ''), { timeout: 10_000 })
      .toBe('')

    // The route comes back with the server.
    server = await start()
    expect(await invoked('demand', body)).toMatchObject({
      predictions: [expect.closeTo(1006, 6)],
    })
  })

  it('answers in parts where it was logged as streamable', { timeout: 120_000 }, async () => {
    const made = await cli('endpoints', 'create', 'speaking', '--model', 'models:/speaking/1')
    expect(made.code, made.stderr).toBe(0)
    const asked = await cli('endpoints', 'predict', 'speaking', 'prompt=to be or not', '--stream')
    expect(asked.stderr).toBe('')
    expect(asked.stdout).toBe('"to"\n"be"\n"or"\n"not"\n')
    const whole = await cli('endpoints', 'predict', 'speaking', 'prompt=to be')
    expect(whole.stdout).toContain('"TO BE"')
  })

  it('a Python function of its own answers too, whatever it prints', {
    timeout: 120_000,
  }, async () => {
    const made = await cli('endpoints', 'create', 'doubled', '--model', 'models:/doubled/1')
    expect(made.code, made.stderr).toBe(0)
    expect(
      await invoked('doubled', {
        inputs: [
          [1, 2],
          [3, 4.5],
        ],
      }),
    ).toEqual({
      predictions: [
        [2, 4],
        [6, 9],
      ],
    })
  })
})
