import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const readyWithinMs = 240_000

/** The real server on SQLite, ended with its workers by the end of its scope. */
export async function startMlflow(
  folder: string,
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
    ],
    {
      stdio: 'ignore',
      detached: true,
      cwd: folder,
      // Its job runners are processes that outlive it, and nothing here needs them.
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
    },
  )
  const url = `http://127.0.0.1:${port}`
  for (const end = Date.now() + readyWithinMs; ; await sleep(200)) {
    const healthy = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy) break
    if (Date.now() > end || child.exitCode !== null) throw new Error('mlflow server does not start')
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await once(child, 'exit')
    },
  }
}
