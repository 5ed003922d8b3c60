import { execFile } from 'node:child_process'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { isKaizenError } from '@kaizen/contracts'
import { openDataDirectory } from '../storage/index.ts'

/** One thing that a server needs, as it is on this machine. */
export interface Finding {
  readonly name: string
  /** `warning`: a server runs, but something will be missing. */
  readonly state: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do about it. */
  readonly remedy?: string
}

export interface MachineOptions {
  readonly dataDir: string
  readonly databaseUrl?: string
  readonly python?: string
}

const leastNode = 24
const leastPython = [3, 10] as const
const gibibyte = 1024 ** 3
const programTimeoutMs = 10_000
const requireHere = createRequire(import.meta.url)

/** Looks at what a server needs: program, folders, services. Changes nothing. */
export async function examineMachine(options: MachineOptions): Promise<readonly Finding[]> {
  return Promise.all([
    examineNode(),
    ...(['onnxruntime-node', '@duckdb/node-api'] as const).map(examineLibrary),
    examineDataDirectory(options.dataDir),
    examineDisk(options.dataDir),
    examinePython(options.python ?? 'python3'),
    ...(options.databaseUrl === undefined ? [] : [examinePostgres(options.databaseUrl)]),
  ])
}

async function examineNode(): Promise<Finding> {
  const { node } = process.versions
  const isEnough = Number(node.split('.')[0]) >= leastNode
  return {
    name: 'Node',
    state: isEnough ? 'ok' : 'failed',
    detail: node,
    ...(isEnough
      ? {}
      : { remedy: `Use Node ${leastNode} or newer; ./kaizen fetches it by itself.` }),
  }
}

/** Libraries with native code: they are there, and they load on this machine. */
async function examineLibrary(name: string): Promise<Finding> {
  try {
    requireHere(name)
    return { name, state: 'ok', detail: 'loads' }
  } catch (failure) {
    return {
      name,
      state: 'failed',
      detail: messageOf(failure),
      remedy: 'Delete node_modules of the checkout; ./kaizen installs it again.',
    }
  }
}

async function examineDataDirectory(dataDir: string): Promise<Finding> {
  const name = 'data directory'
  const path = resolve(dataDir)
  const isThere = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const place = isThere ? path : await nearestFolder(path)
  const isWritable = await access(place, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!isWritable) {
    return {
      name,
      state: 'failed',
      detail: `${place} is not writable`,
      remedy: 'Give this user the right to write there, or name another --data-dir.',
    }
  }
  if (!isThere) return { name, state: 'ok', detail: `${path} can be made` }
  try {
    await (await openDataDirectory(path))[Symbol.asyncDispose]()
    return { name, state: 'ok', detail: `${path} is writable; no server has it open` }
  } catch (failure) {
    if (!isKaizenError(failure) || failure.code !== 'DATA_DIRECTORY_LOCKED')
      return { name, state: 'failed', detail: messageOf(failure) }
    return { name, state: 'ok', detail: `${path} is writable; a running server has it open` }
  }
}

async function examineDisk(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestFolder(resolve(dataDir)))
  const free = (bavail * bsize) / gibibyte
  const state = free < 1 ? 'failed' : free < 5 ? 'warning' : 'ok'
  return {
    name: 'disk',
    state,
    detail: `${free.toFixed(1)} GiB free`,
    ...(state === 'ok' ? {} : { remedy: 'Make room, or name a --data-dir on another disk.' }),
  }
}

async function examinePython(python: string): Promise<Finding> {
  const remedy = `Install Python ${leastPython.join('.')} or newer if your pipelines have Python steps.`
  try {
    const { stdout } = await promisify(execFile)(python, ['--version'], {
      timeout: programTimeoutMs,
    })
    const version = stdout.trim().replace(/^Python /, '')
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const isEnough = major > leastPython[0] || (major === leastPython[0] && minor >= leastPython[1])
    return {
      name: 'Python',
      state: isEnough ? 'ok' : 'warning',
      detail: version,
      ...(isEnough ? {} : { remedy }),
    }
  } catch (failure) {
    return { name: 'Python', state: 'warning', detail: messageOf(failure), remedy }
  }
}

async function examinePostgres(url: string): Promise<Finding> {
  const name = 'PostgreSQL'
  const { Client } = await import('pg')
  const client = new Client({ connectionString: url, connectionTimeoutMillis: programTimeoutMs })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    return { name, state: 'ok', detail: rows[0]?.server_version ?? 'answers' }
  } catch (failure) {
    return {
      name,
      state: 'failed',
      detail: messageOf(failure),
      remedy: 'Check that it runs, and the user, password, host and database of the URL.',
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The folder itself, or the nearest above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() || dirname(path) === path ? path : nearestFolder(dirname(path))
}

function messageOf(failure: unknown): string {
  const text = failure instanceof Error ? failure.message || failure.name : String(failure)
  return text.split('\n')[0]?.slice(0, 300) ?? ''
}
