/**
 * Kaizen beside other servers with the same ONNX model: `node bench/serving/peers.ts`, and the same model as an MLflow
 * pyfunc. Peers stand in virtual environments under KAIZEN_BENCH_PEERS: `mlserver`, `kserve`, `triton`, `mlflow`; one that
 * is not there is named and left out.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { classifier } from './class-model.ts'
import { type LargeLoad, largeLoad } from './large.ts'
import { PeerProcess, type PeerStart } from './peer-process.ts'
import { type Load, singleBinary, singleJson, singleLoad, singleScoring } from './single.ts'

const seconds = Number(process.env['KAIZEN_BENCH_SECONDS'] ?? 6)
const venvs = process.env['KAIZEN_BENCH_PEERS'] ?? ''
const file = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const python = (venv: string): string => join(venvs, venv, 'bin', 'python')
const run = promisify(execFile)

interface Measured {
  readonly server: string
  readonly startMs: number
  readonly residentMb: number
  readonly loads: Readonly<Record<string, Load | LargeLoad | null>>
}

const path = '/v2/models/bench/infer'

/** What one server does on each load; null where it refuses. The floor knows no binary form. */
async function measure(server: string, start: PeerStart, prepare?: (url: string) => Promise<void>) {
  await using running = await PeerProcess.start(start)
  await prepare?.(running.url)
  const loads: Record<string, Load | LargeLoad | null> = {}
  for (const clients of [8, 32]) {
    const load = { path, requests: singleJson(), clients, seconds }
    loads[`single row, JSON, ${clients} connections`] = await singleLoad(running, load)
  }
  const forms = server === 'floor' ? (['json'] as const) : (['json', 'binary'] as const)
  for (const form of forms) {
    const load = await largeLoad(running, path, { form, seconds }).catch(() => null)
    loads[`1,000 rows, ${form}, 4 connections`] = load?.failed === 0 ? load : null
  }
  if (server !== 'floor') {
    const binary = { path, requests: singleBinary(), clients: 8, seconds }
    loads['single row, binary, 8 connections'] = await singleLoad(running, binary)
  }
  return { server, startMs: running.startMs, residentMb: running.residentMb(), loads }
}

/** The same pyfunc by MLflow's scoring protocol. */
async function measurePyfunc(server: string, start: PeerStart, route: string): Promise<Measured> {
  await using running = await PeerProcess.start(start)
  const load = { path: route, requests: singleScoring(), clients: 8, seconds }
  const loads = { 'pyfunc, single row, 8 connections': await singleLoad(running, load) }
  return { server, startMs: running.startMs, residentMb: running.residentMb(), loads }
}

async function deploy(url: string, model: Uint8Array): Promise<void> {
  const call = async (method: string, route: string, body: Uint8Array | string) => {
    const response = await fetch(`${url}/api/v1${route}`, { method, body: body as string })
    if (!response.ok) throw new Error(`${method} ${route}: ${await response.text()}`)
  }
  await call('POST', '/models/bench/versions', model)
  await call('POST', '/endpoints', JSON.stringify({ name: 'bench', model: 'models:/bench/1' }))
  const arms = [{ name: 'champion', model: 'models:/bench/1' }]
  await call('PUT', '/endpoints/bench/route', JSON.stringify({ arms, reason: 'benchmark' }))
}

const main = file('../../packages/cli/src/main.ts')
const kaizen = (folder: string, port: number, ...more: readonly string[]): PeerStart => ({
  command: process.execPath,
  argv: [main, 'server', '--port', String(port), '--data-dir', join(folder, 'data'), ...more],
  cwd: folder,
  port,
  readyPath: '/v2/health/ready',
})

async function mlserverFolder(folder: string, port: number, settings: object): Promise<string> {
  const made = join(folder, `mlserver-${port}`)
  await mkdir(made)
  const ports = { http_port: port, grpc_port: port + 1, metrics_port: port + 2 }
  await writeFile(join(made, 'settings.json'), JSON.stringify({ ...ports, debug: false }))
  const model = { name: 'bench', ...settings }
  await writeFile(join(made, 'model-settings.json'), JSON.stringify(model))
  return made
}

/** Serves the model from a folder on start, as the peers do. */
async function coldStart(folder: string, model: Uint8Array): Promise<Measured> {
  const repository = join(folder, 'models', 'bench')
  await mkdir(repository, { recursive: true })
  await writeFile(join(repository, 'model.onnx'), model)
  const start = kaizen(join(folder), 4620, '--model-repository', join(folder, 'models'))
  await using running = await PeerProcess.start({
    ...start,
    argv: start.argv.map((word) => (word === join(folder, 'data') ? join(folder, 'cold') : word)),
    readyPath: '/v2/models/bench/ready',
  })
  const [first] = singleJson()
  const response = await fetch(running.url + path, { method: 'POST', body: first!.body as never })
  if (!response.ok) throw new Error(await response.text())
  const { startMs } = running
  return {
    server: 'kaizen, model repository',
    startMs,
    residentMb: running.residentMb(),
    loads: {},
  }
}

const results: Measured[] = []
const skipped: string[] = []
const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-peers-'))

async function peer(venv: string, name: string, one: () => Promise<Measured>): Promise<void> {
  if (!existsSync(python(venv))) {
    skipped.push(`${name}: no ${venv}/bin/python under KAIZEN_BENCH_PEERS`)
    return
  }
  await one().then(
    (measured) => results.push(measured),
    (failure: Error) => skipped.push(`${name}: ${failure.message.slice(0, 200)}`),
  )
}

try {
  const model = classifier()
  const modelPath = join(folder, 'model.onnx')
  await writeFile(modelPath, model)
  results.push(
    await measure('floor', {
      command: process.execPath,
      argv: [file('floor-server.ts'), modelPath, '4600'],
      cwd: folder,
      port: 4600,
      readyPath: '/v2/health/ready',
    }),
  )
  results.push(await measure('kaizen', kaizen(folder, 4610), (url) => deploy(url, model)))
  results.push(await coldStart(folder, model))
  await peer('mlserver', 'MLServer', async () => {
    const parameters = { uri: modelPath }
    const settings = { implementation: 'onnx_mlserver.OnnxModel', parameters }
    const cwd = await mlserverFolder(folder, 4630, settings)
    return measure('MLServer', {
      command: join(venvs, 'mlserver', 'bin', 'mlserver'),
      argv: ['start', cwd],
      cwd,
      port: 4630,
      env: { PYTHONPATH: file('peers') },
      readyPath: '/v2/models/bench/ready',
    })
  })
  await peer('kserve', 'KServe', () =>
    measure('KServe', {
      command: python('kserve'),
      argv: [file('peers/onnx_kserve.py'), modelPath, '4640'],
      cwd: folder,
      port: 4640,
      readyPath: '/v2/models/bench/ready',
    }),
  )
  await peer('triton', 'Triton', () =>
    measure('Triton', {
      command: python('triton'),
      argv: [file('peers/onnx_triton.py'), modelPath, '4650'],
      cwd: folder,
      port: 4650,
      readyPath: '/v2/models/bench/ready',
    }),
  )
  await peer('mlflow', 'mlflow models serve', async () => {
    const saved = join(folder, 'pyfunc')
    await run(python('mlflow'), [file('peers/save_pyfunc.py'), modelPath, saved])
    const venv = { PATH: `${join(venvs, 'mlflow', 'bin')}:${process.env['PATH']}` }
    const argv = [
      '-m',
      'mlflow',
      'models',
      'serve',
      '-m',
      saved,
      '-p',
      '4660',
      '--env-manager',
      'local',
    ]
    const start = { command: python('mlflow'), argv, cwd: folder, port: 4660, env: venv }
    return measurePyfunc('mlflow models serve', { ...start, readyPath: '/ping' }, '/invocations')
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}

const versions = { node: process.versions.node }
const report = { seconds, cores: availableParallelism(), versions, skipped, results }
await writeFile(file('peers.json'), `${JSON.stringify(report, undefined, 2)}\n`)
for (const { server, startMs, residentMb, loads } of results) {
  console.log(`${server}: ready after ${Math.round(startMs)} ms, ${Math.round(residentMb)} MB`)
  for (const [name, load] of Object.entries(loads)) {
    console.log(
      load
        ? `  ${name}: ${load.perSecond.toFixed(1)}/s, CPU ${load.cpuMs.toFixed(3)} ms a request, ${load.failed} failed`
        : `  ${name}: refused`,
    )
  }
}
for (const reason of skipped) console.log(`skipped: ${reason}`)
