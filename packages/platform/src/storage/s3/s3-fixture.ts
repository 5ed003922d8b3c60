import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type S3Settings, s3SettingsOf } from './s3-settings.ts'

/** Says in the name of a suite why it is skipped. */
export const s3Missing = 'versitygw is not installed (.ci/run builds it)'

/** Whether suites on S3 can run here; where services are required they never skip. */
export const s3Available = (): boolean =>
  process.env['KAIZEN_REQUIRE_SERVICES'] === '1' || findGateway() !== undefined

export interface TestS3 {
  readonly settings: S3Settings
  /** The same in the environment variables that S3 clients read. */
  readonly env: Readonly<Record<string, string>>
  readonly location: string
}

interface Gateway {
  readonly endpoint: string
  readonly folder: string
  readonly accessKey: string
  readonly secretKey: string
}

let shared: Promise<Gateway> | undefined

/** Makes a new bucket on the one S3 server that the tests of this process share. */
export async function startS3(): Promise<TestS3> {
  shared ??= startGateway()
  const { endpoint, folder, accessKey, secretKey } = await shared
  const bucket = `test-${randomUUID()}`
  await mkdir(join(folder, 'buckets', bucket))
  const env = {
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
  }
  const location = `s3://${bucket}/some/prefix`
  return { settings: s3SettingsOf(location, env), env, location }
}

const readyWithinMs = 30_000

async function startGateway(): Promise<Gateway> {
  const program = findGateway()
  if (program === undefined) throw new Error(s3Missing)
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-s3-'))
  await mkdir(join(folder, 'buckets'))
  const [accessKey, secretKey] = ['tester', randomBytes(16).toString('hex')]
  const port = await freePort()
  // The server ends with this process, however that ends: the shell waits until the pipe to it breaks.
  const script =
    '"$@" >"$0/log" 2>&1 & server=$!; cat; kill -QUIT $server; wait $server; rm -rf "$0"'
  const arguments_ = ['--port', `127.0.0.1:${port}`, 'posix', join(folder, 'buckets')]
  const shell = spawn('/bin/sh', ['-c', script, folder, program, ...arguments_], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
  })
  shell.unref()
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  const endpoint = `http://127.0.0.1:${port}`
  await untilReady(endpoint, join(folder, 'log'))
  return { endpoint, folder, accessKey, secretKey }
}

async function untilReady(endpoint: string, log: string): Promise<void> {
  for (const end = Date.now() + readyWithinMs; ; await sleep(20)) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    )
    if (answers) return
    if (Date.now() > end) {
      throw new Error(`versitygw does not start: ${await readFile(log, 'utf8').catch(() => '')}`)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

const workspaceTools = fileURLToPath(new URL('../../../../../.tools/go/bin', import.meta.url))

function findGateway(): string | undefined {
  const given = process.env['KAIZEN_VERSITYGW']
  const folders = [workspaceTools, ...(process.env['PATH'] ?? '').split(delimiter)]
  return [...(given ? [given] : []), ...folders.map((folder) => join(folder, 'versitygw'))].find(
    (path) => existsSync(path),
  )
}
