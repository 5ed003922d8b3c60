import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ServerProcess } from '@kaizen/cli/demo/server-process'
import { servingApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { expect, it } from 'vitest'
import { identityModel } from './identity-model.ts'

const run = promisify(execFile)
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const importable = await run(python, ['-c', 'import tritonclient.http']).then(
  () => true,
  () => false,
)
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

it.skipIf(!importable && !required)(
  `the stock Triton client (tritonclient in ${python}) gets right answers and readable refusals`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-oip-'))
    try {
      await using server = new ServerProcess({ dataDir: folder })
      const baseUrl = await server.ready()
      const client = createClient({ baseUrl })
      const uploaded = await fetch(`${baseUrl}/api/v1/models/identity/versions`, {
        method: 'POST',
        body: identityModel(),
      })
      expect(uploaded.status).toBe(201)
      const model = 'models:/identity/1'
      await client.call(servingApi.create, { body: { name: 'identity', model } })
      await client.call(servingApi.setRoute, {
        params: { name: 'identity' },
        body: { arms: [{ name: 'champion', model }] },
      })
      const script = fileURLToPath(new URL('python/tritonclient_check.py', import.meta.url))
      const { stdout } = await run(python, [script, new URL(baseUrl).host, 'identity'])
      expect(stdout).toContain('tritonclient agrees')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
