import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const readyWithinMs = 240_000

export interface MlflowOptions {
  /** Starts the basic-auth application, with workspaces; its administrator is `admin`. */
  readonly adminPassword?: string
}

/** The real server on SQLite, ended with its workers by the end of its scope. */
export async function startMlflow(
  folder: string,
  options: MlflowOptions = {},
): Promise<AsyncDisposable & { readonly url: string }> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { readonly port: number }
  probe.close()
  const child = spawn(
    python,
    [
      ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port)],
      ...['--workers', '1', '--backend-store-uri', `sqlite:///${folder}/mlflow.db`],
      ...['--artifacts-destination', join(folder, 'artifacts')],
      ...(options.adminPassword ? ['--app-name', 'basic-auth', '--enable-workspaces'] : []),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      cwd: folder,
      // Its job runners are processes that outlive it, and nothing here needs them.
      env: {
        ...process.env,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        ...(await authSettings(folder, options)),
      },
    },
  )
  let said = ''
  child.stderr?.on('data', (part: Buffer) => {
    said = `${said}${part}`.slice(-2000)
  })
  const url = `http://127.0.0.1:${port}`
  for (const end = Date.now() + readyWithinMs; ; await sleep(200)) {
    const healthy = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy) break
    if (Date.now() > end || child.exitCode !== null)
      throw new Error(`mlflow server does not start: ${said}`)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** With workspaces, only who may use the default one can make anything in it. */
async function authSettings(
  folder: string,
  { adminPassword }: MlflowOptions,
): Promise<Readonly<Record<string, string>>> {
  if (adminPassword === undefined) return {}
  const path = join(folder, 'auth.ini')
  const lines = [
    '[mlflow]',
    'default_permission = USE',
    `database_uri = sqlite:///${folder}/auth.db`,
    'admin_username = admin',
    `admin_password = ${adminPassword}`,
    'authorization_function = mlflow.server.auth:authenticate_request_basic_auth',
    'grant_default_workspace_access = true',
    // Else it hashes the password of every request anew; its one worker forgets what an API call changed.
    'auth_cache_ttl_seconds = 600',
  ]
  await writeFile(path, lines.join('\n'))
  return { MLFLOW_AUTH_CONFIG_PATH: path, MLFLOW_FLASK_SERVER_SECRET_KEY: 'of a test' }
}
