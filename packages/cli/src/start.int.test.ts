import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The modules that a server with these options has loaded between its start and its end. */
const loadedModules = (...options: readonly string[]) => loadedAfter([], options)

/** The same, where Node has preloaded these modules. */
async function loadedAfter(
  preloaded: readonly string[],
  options: readonly string[],
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-start-'))
  try {
    const list = join(folder, 'loaded')
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        `--import=${pathOf('./test-loaded-modules.ts')}`,
        ...preloaded.map((file) => `--import=${pathOf(file)}`),
        pathOf('./main.ts'),
        ...['server', '--port', '0', '--data-dir', join(folder, 'data'), ...options],
      ],
      {
        env: { ...process.env, KAIZEN_LOADED_MODULES: list },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [ready] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [
      unknown,
    ]
    expect(String(ready)).toContain('Kaizen is ready')
    child.kill('SIGTERM')
    await once(child, 'exit')
    return (await readFile(list, 'utf8')).split('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const packageOf = (url: string): string | undefined =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]

/** What only some servers or some requests need is loaded by the first that does: each of them costs every start. */
const later = [
  '@fastify/send',
  '@clack/prompts',
  '@duckdb/node-api',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@grpc/reflection',
  '@node-rs/argon2',
  'aws4fetch',
  'jose',
  'nodemailer',
  'onnxruntime-node',
  'openid-client',
  'papaparse',
  'pg',
  'yaml',
]
const laterFiles = /\/tracking\/otlp-(json|schema)\.ts$|\/cli\/src\/(demo|commands\/(?!server))/

it('starts without what only some servers and requests need', async () => {
  const loaded = await loadedModules()
  const packages = new Set(loaded.map(packageOf))
  expect(packages).toContain('fastify')
  expect(later.filter((name) => packages.has(name))).toEqual([])
  expect(loaded.filter((url) => laterFiles.test(url))).toEqual([])
  // An import of `node:http`, unlike a `require`, brings all of `fetch` along: six megabytes for as long as the server runs.
  expect(loaded).toContain('NativeModule http')
  expect(loaded).not.toContain('NativeModule internal/deps/undici/undici')
})

it('loads them where they are asked for', async () => {
  const packages = new Set((await loadedModules('--grpc-port', '0')).map(packageOf))
  expect(packages).toContain('@grpc/grpc-js')
})

it('starts with one file for each library and not many of its own', async () => {
  const loaded = await loadedAfter(['./joined-libraries.ts'], [])
  const packages = new Set(loaded.map(packageOf))
  expect(
    ['fastify', 'kysely', 'zod', 'pino', 'commander'].filter((name) => packages.has(name)),
  ).toEqual([])
  expect(loaded.filter((url) => url.includes('/.tools/libraries/kysely.mjs'))).toHaveLength(1)
  // Each module costs a start about half a millisecond: what only some requests need belongs behind an `import()`.
  expect(loaded.filter((url) => url.startsWith('file:')).length).toBeLessThan(1050)
  expect(loaded).not.toContain('NativeModule http2')
})
