import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const scripts = [
  { script: 'mlflow_client.py', least: 8 },
  { script: 'mlflow_genai.py', least: 2 },
  { script: 'mlflow_unusual.py', least: 10 },
  { script: 'mlflow_unusual_models.py', least: 7 },
]
const pathOf = (script: string): string =>
  fileURLToPath(new URL(`python/${script}`, import.meta.url))

function mlflowVersion(): string | undefined {
  try {
    const code = 'import mlflow; print(mlflow.__version__)'
    return execFileSync(python, ['-c', code], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}

/** The real program on a free port and a data directory of its own. */
async function startServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-mlflow-'))
  const server = spawn(
    process.execPath,
    [program, 'server', '--port', '0', '--data-dir', join(folder, 'data')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const stop = async (): Promise<void> => {
    if (server.exitCode === null) {
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
  return { url: await readyAddress(server), [Symbol.asyncDispose]: stop }
}

async function readyAddress(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error('the server has no output')
  for await (const line of createInterface(server.stdout)) {
    const address = /Kaizen is ready at (http:\S+)/.exec(line)?.[1]
    if (address) {
      server.stdout.resume()
      return address
    }
  }
  throw new Error('the server ended before it was ready')
}

const version = mlflowVersion()
if (version === undefined && process.env['KAIZEN_REQUIRE_SERVICES'] === '1') {
  throw new Error(`mlflow cannot be imported by ${python}; set KAIZEN_PYTHON to one that can`)
}
const title =
  version === undefined
    ? `stock MLflow client (skipped: ${python} cannot import mlflow)`
    : `stock MLflow client ${version}`

describe.skipIf(version === undefined)(title, () => {
  it.each(scripts)('does all that its users do: $script', async ({ script, least }) => {
    await using server = await startServer()
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-mlflow-client-'))
    const client = spawn(python, [pathOf(script), server.url], { cwd: folder, stdio: 'pipe' })
    const output: string[] = []
    client.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    client.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    const [code] = (await once(client, 'exit')) as [number | null]
    await rm(folder, { recursive: true, force: true })
    const lines = output.join('').split('\n')
    const outcomes = lines.filter((line) => /^(ok|skip|FAILED) \w+/.test(line))
    console.log(outcomes.join('\n'))
    expect(code, output.join('')).toBe(0)
    expect(outcomes.filter((line) => line.startsWith('ok')).length).toBeGreaterThanOrEqual(least)
  })
})
