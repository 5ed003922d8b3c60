import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PeerStart } from './peer-process.ts'

/** What every server is given. */
export interface Material {
  readonly folder: string
  /** The ONNX model as a file. */
  readonly onnx: string
  /** The same as an MLflow pyfunc in a folder; absent without MLflow. */
  readonly pyfunc?: string
}

export interface PeerServer {
  readonly name: string
  /** The environment under KAIZEN_BENCH_PEERS that it stands in, with the package whose version is told. */
  readonly peer?: { readonly venv: string; readonly package: string }
  /** Loads that it does not know. */
  readonly lacks: readonly string[]
  readonly grpcPort?: number
  readonly start: (material: Material) => Promise<PeerStart>
  /** What is to be done before it can predict. */
  readonly prepare?: (url: string, material: Material) => Promise<void>
}

const run = promisify(execFile)
const file = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
export const venvs = process.env['KAIZEN_BENCH_PEERS'] ?? ''
export const pythonOf = (venv: string): string => join(venvs, venv, 'bin', 'python')
const inVenv = (venv: string) => ({
  PATH: `${join(venvs, venv, 'bin')}:${process.env['PATH']}`,
})

/** Kaizen as a user starts it. */
const kaizen = (folder: string, port: number, ...more: readonly string[]): PeerStart => ({
  command: file('../../kaizen'),
  argv: ['server', '--port', String(port), '--data-dir', join(folder, `data-${port}`), ...more],
  cwd: folder,
  port,
  readyPath: '/v2/health/ready',
})

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

async function mlserver(folder: string, port: number, settings: object): Promise<PeerStart> {
  const cwd = join(folder, `mlserver-${port}`)
  await mkdir(cwd)
  const ports = { http_port: port, grpc_port: port + 1, metrics_port: port + 2 }
  await writeFile(join(cwd, 'settings.json'), JSON.stringify({ ...ports, debug: false }))
  const model = { name: 'bench', ...settings }
  await writeFile(join(cwd, 'model-settings.json'), JSON.stringify(model))
  return {
    command: join(venvs, 'mlserver', 'bin', 'mlserver'),
    argv: ['start', cwd],
    cwd,
    port,
    env: { ...inVenv('mlserver'), PYTHONPATH: file('peers') },
    readyPath: '/v2/models/bench/ready',
  }
}

const script = (venv: string, name: string, port: number, argument: string): PeerStart => ({
  command: pythonOf(venv),
  argv: [file(`peers/${name}`), argument, String(port)],
  cwd: venvs,
  port,
  env: inVenv(venv),
  readyPath: '/v2/models/bench/ready',
})

const mlflowPeer = { venv: 'mlflow', package: 'mlflow' }
const mlserverPeer = { venv: 'mlserver', package: 'mlserver' }

/** Servers of the ONNX model. */
export const modelServers: readonly PeerServer[] = [
  {
    name: 'floor',
    lacks: ['binary-8', 'grpc-8', 'rows-binary'],
    start: async ({ folder, onnx }) => ({
      command: process.execPath,
      argv: [file('floor-server.ts'), onnx, '4600'],
      cwd: folder,
      port: 4600,
      readyPath: '/v2/health/ready',
    }),
  },
  {
    name: 'kaizen',
    lacks: [],
    grpcPort: 4611,
    start: async ({ folder }) => kaizen(folder, 4610, '--grpc-port', '4611'),
    prepare: async (url, { onnx }) => {
      await deploy(url, await readFile(onnx))
    },
  },
  {
    name: 'MLServer',
    peer: mlserverPeer,
    lacks: [],
    grpcPort: 4631,
    start: ({ folder, onnx }) =>
      mlserver(folder, 4630, {
        implementation: 'onnx_mlserver.OnnxModel',
        parameters: { uri: onnx },
      }),
  },
  {
    name: 'KServe',
    peer: { venv: 'kserve', package: 'kserve' },
    lacks: ['grpc-8'],
    start: async ({ onnx }) => script('kserve', 'onnx_kserve.py', 4640, onnx),
  },
  {
    name: 'Triton',
    peer: { venv: 'triton', package: 'nvidia-pytriton' },
    lacks: [],
    grpcPort: 4651,
    start: async ({ onnx }) => script('triton', 'onnx_triton.py', 4650, onnx),
  },
]

/** Kaizen with the model in a folder, which it serves from its start on as the peers do. */
export const coldServer: PeerServer = {
  name: 'kaizen',
  lacks: [],
  start: async ({ folder, onnx }) => {
    const models = join(folder, 'models')
    await mkdir(join(models, 'bench'), { recursive: true })
    await copyFile(onnx, join(models, 'bench', 'model.onnx'))
    const start = kaizen(folder, 4620, '--model-repository', models)
    return { ...start, readyPath: '/v2/models/bench/ready' }
  },
}

/** Servers of the pyfunc, by MLflow's scoring protocol. */
export const pyfuncServers: readonly PeerServer[] = [
  {
    name: 'kaizen',
    peer: mlflowPeer,
    lacks: [],
    start: async ({ folder, pyfunc }) => {
      const models = join(folder, 'pyfuncs')
      await mkdir(models, { recursive: true })
      await run('cp', ['-r', pyfunc!, join(models, 'bench')])
      const start = kaizen(folder, 4670, '--model-repository', models)
      const env = { ...inVenv('mlflow'), KAIZEN_PYTHON: pythonOf('mlflow') }
      return { ...start, env, readyPath: '/v2/models/bench/ready' }
    },
  },
  {
    name: 'MLServer',
    peer: mlserverPeer,
    lacks: [],
    start: ({ folder, pyfunc }) =>
      mlserver(folder, 4680, {
        implementation: 'mlserver_mlflow.MLflowRuntime',
        parameters: { uri: pyfunc },
      }),
  },
  {
    name: 'mlflow models serve',
    peer: mlflowPeer,
    lacks: [],
    start: async ({ folder, pyfunc }) => ({
      command: pythonOf('mlflow'),
      argv: [
        '-m',
        'mlflow',
        'models',
        'serve',
        '-m',
        pyfunc!,
        '-p',
        '4660',
        '--env-manager',
        'local',
      ],
      cwd: folder,
      port: 4660,
      env: inVenv('mlflow'),
      readyPath: '/ping',
    }),
  },
]

/** Saves the model as a pyfunc. */
export async function savePyfunc(onnx: string, folder: string): Promise<string> {
  const saved = join(folder, 'pyfunc')
  await run(pythonOf('mlflow'), [file('peers/save_pyfunc.py'), onnx, saved])
  return saved
}

export async function versionOf(peer: {
  readonly venv: string
  readonly package: string
}): Promise<string> {
  const ask = `import importlib.metadata as m; print(m.version("${peer.package}"))`
  return (await run(pythonOf(peer.venv), ['-c', ask])).stdout.trim()
}
