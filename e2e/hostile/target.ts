import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { applyProject } from '@kaizen/cli/project'
import { auditApi, dataApi } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import { deployIdentity } from '../deploy-identity.ts'
import { identityModel } from '../identity-model.ts'
import { TestServer } from '../test-program.ts'
import { Wire } from './wire.ts'

/** The project whose objects are attacked. */
export const projectFolder = fileURLToPath(new URL('project', import.meta.url))

/** A server with an object of every kind, ended and removed by the end of its scope. */
export class Target implements AsyncDisposable {
  readonly folder: string
  readonly server: TestServer
  readonly client: Client
  readonly wire: Wire

  private constructor(folder: string, server: TestServer) {
    this.folder = folder
    this.server = server
    this.client = createClient({ baseUrl: server.address })
    this.wire = new Wire(server.address)
  }

  static async start(): Promise<Target> {
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-target-'))
    const target = new Target(folder, await TestServer.start(['--data-dir', folder]))
    await applyProject(target.client, projectFolder, 'to be attacked')
    await target.#untilLoaded('sales')
    await target.#untilLoaded('unlabelled')
    await deployIdentity(target.server.address, identityModel())
    return target
  }

  /** How many changes callers have made; the loop's own go on meanwhile. */
  async events(): Promise<number> {
    const { items } = await this.client.call(auditApi.list, { query: { limit: 1000 } })
    return items.filter(({ actor }) => actor.startsWith('user:')).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wire[Symbol.dispose]()
    await this.server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #untilLoaded(name: string): Promise<void> {
    while ((await this.client.call(dataApi.get, { params: { name } })).versions === 0)
      await sleep(50)
  }
}
