import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { kaizen, TestServer } from './test-program.ts'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const script = (name: string): string => fileURLToPath(new URL(`python/${name}`, import.meta.url))
const run = promisify(execFile)
const token = 'first-token-of-the-operator'

const installed = await run(python, ['-c', 'import mlflow']).then(
  () => true,
  () => false,
)
if (!installed && process.env['KAIZEN_REQUIRE_SERVICES'] === '1') {
  throw new Error(`mlflow cannot be imported by ${python}; set KAIZEN_PYTHON to one that can`)
}

describe('a server with users', () => {
  it.skipIf(!installed)("is managed by MLflow's stock client", async () => {
    await using server = await startWithUsers()
    const { stdout } = await run(python, [script('mlflow_users.py'), server.url, token])
    expect(stdout).toContain('all flows passed')
  })

  it('is managed by the command line, which never takes a password as an argument', async () => {
    await using server = await startWithUsers()
    const env = { KAIZEN_SERVER: server.url, KAIZEN_TOKEN: token }
    const refused = await kaizen(['users', 'create', 'ann'], { env })
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('KAIZEN_USER_PASSWORD'),
    })
    const withPassword = { ...env, KAIZEN_USER_PASSWORD: 'correct horse battery' }
    expect((await kaizen(['users', 'create', 'ann'], { env: withPassword })).code).toBe(0)
    expect((await kaizen(['users', 'create-role', 'risk'], { env })).code).toBe(0)
    expect((await kaizen(['users', 'join', 'risk', 'ann'], { env })).stdout).toContain('risk: ann')
    const grant = ['users', 'grant', 'risk', 'registered_model', '*', 'READ', '--role']
    expect((await kaizen(grant, { env })).code).toBe(0)
    const held = await kaizen(['users', 'permissions', 'ann', '--json'], { env })
    expect(JSON.parse(held.stdout)).toEqual([
      { kind: 'registered_model', id: '*', permission: 'READ', role: 'risk' },
    ])
    const absent = await kaizen(['users', 'role', 'zoe', 'admin'], { env })
    expect(absent.code).toBe(3)
  })
})

async function startWithUsers() {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-users-'))
  const server = await TestServer.start(['--auth', '--data-dir', join(folder, 'data')], {
    env: { KAIZEN_ADMIN_TOKEN: token },
  })
  return {
    url: server.address,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
