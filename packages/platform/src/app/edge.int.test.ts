import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { readTar } from './test-read-tar.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

/** Adds an amount to one number. */
function model(amount: number): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  const sum = graph.add('Add', [graph.cast(x, 'double'), graph.doubles([amount])])
  graph.output(graph.cast(sum, 'float'), { name: 'y', type: 'float', shape: [1] })
  return Uint8Array.from(graph.finish('adding', {}))
}

const until = async <T>(ask: () => Promise<T | undefined | false>): Promise<T> => {
  const end = Date.now() + 60_000
  for (;;) {
    const found = await ask().catch(() => undefined)
    if (found) return found
    if (Date.now() > end) throw new Error('it did not come')
    await sleep(100)
  }
}

/** The network between agent and server: it can be cut, and can change what it carries. */
class Line implements AsyncDisposable {
  readonly #server: Server
  isCut = false
  lostAnswers = 0
  change: (path: string, body: Buffer) => Buffer = (_, body) => body

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(origin: string): Promise<Line> {
    const line: Line = new Line(
      createServer(async (request, response) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        if (line.isCut) return void request.socket.destroy()
        const { method = 'GET', headers, url = '/' } = request
        const answer = await fetch(origin + url, {
          method,
          headers: {
            authorization: headers.authorization ?? '',
            'content-type': headers['content-type'] ?? '',
          },
          ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
        })
        const body = line.change(url, Buffer.from(await answer.arrayBuffer()))
        if (method === 'POST' && line.lostAnswers > 0) {
          line.lostAnswers--
          return void request.socket.destroy()
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
      }),
    )
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => void this.#server.close(() => resolve()))
  }
}

describe.each(testDialects)('an agent at the edge, of $dialect', ({ dialect, available }) => {
  // What concerns the agent's folder alone is the same whatever the server keeps its records in.
  const onOne = (name: string, test: () => Promise<void>): void => {
    if (dialect === 'sqlite') it(name, test)
  }
  describe.skipIf(!available)('with its server', () => {
    let root: string
    let server: TestServer
    let line: Line
    const agents: ChildProcess[] = []
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'kaizen-edge-'))
      server = await startTestServer(dialect)
      line = await Line.to(server.url)
      await server.send('POST /api/v1/endpoints', { body: { name: 'e', model: 'm' } })
      for (const amount of [1, 2, 3]) await upload(amount)
      return async () => {
        await line[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
        await rm(root, { recursive: true, force: true })
      }
    }, 60_000)
    afterEach(async () => {
      for (const agent of agents.splice(0)) await end(agent, 'SIGKILL')
      line.isCut = false
      line.change = (_, body) => body
    })

    const upload = async (amount: number): Promise<void> => {
      const answer = await fetch(`${server.url}/api/v1/models/m/versions`, {
        method: 'POST',
        headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
        body: model(amount),
      })
      expect(answer.status).toBe(201)
    }
    const sign = (version: number) =>
      server.send(`POST /api/v1/models/m/versions/${version}/signature`)
    const point = (version: number) =>
      server.send('PUT /api/v1/models/m/aliases/live', { body: { version } })
    async function end(agent: ChildProcess, signal: 'SIGTERM' | 'SIGKILL') {
      if (agent.exitCode !== null || agent.signalCode !== null) return agent.exitCode
      const ended = once(agent, 'exit')
      agent.kill(signal)
      return (await ended)[0] as number | null
    }

    /** Unpacks an agent as it was exported. */
    async function exportAgent(): Promise<string> {
      const answer = await fetch(`${server.url}/api/v1/models/m/versions/@live/export?to=edge`, {
        headers: { authorization: bearer(operator) },
      })
      expect(answer.status).toBe(200)
      const folder = await mkdtemp(join(root, 'agent-'))
      for (const [path, content] of readTar(Buffer.from(await answer.arrayBuffer()))) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), content)
      }
      return folder
    }
    interface Agent {
      readonly child: ChildProcess
      readonly told: string[]
      readonly infer: (x: number) => Promise<{ id: string; y: number; version: string }>
      readonly status: () => Promise<Record<string, unknown>>
    }
    async function start(folder: string, env: Record<string, string> = {}): Promise<Agent> {
      const child = spawn(process.execPath, ['agent.js'], {
        cwd: folder,
        env: {
          PORT: '0',
          POLL_SECONDS: '0.1',
          KAIZEN_SERVER: line.address,
          KAIZEN_TOKEN: operator,
          KAIZEN_ENDPOINT: 'e',
          ...env,
        },
      })
      agents.push(child)
      const told: string[] = []
      child.stderr.on('data', (chunk) => told.push(String(chunk)))
      const [ready] = (await once(child.stdout, 'data')) as [Buffer]
      const url = `http://127.0.0.1:${/port (\d+)/.exec(String(ready))?.[1]}`
      return {
        child,
        told,
        status: async () => (await fetch(`${url}/agent`)).json() as never,
        infer: async (x) => {
          const answer = await fetch(`${url}/v2/models/m/infer`, {
            method: 'POST',
            body: JSON.stringify({
              inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }],
            }),
          })
          const body = (await answer.json()) as {
            id: string
            model_version: string
            outputs: { data: number[] }[]
          }
          if (answer.status !== 200) throw new Error(`${answer.status}`)
          return { id: body.id, version: body.model_version, y: body.outputs[0]!.data[0]! }
        },
      }
    }
    const logged = async (): Promise<{ inferenceId: string; arm: string; version: number }[]> =>
      (await server.send('GET /api/v1/endpoints/e/predictions?limit=1000')).body.items

    it('is not exported for a version that nobody has signed', async () => {
      await point(1)
      expect(await server.send('GET /api/v1/models/m/versions/@live/export?to=edge')).toMatchObject(
        { status: 409, body: { error: { hint: 'Sign it: kaizen models sign m 1' } } },
      )
    })

    it('follows the alias, works without a network, and sends each answer once', async () => {
      await sign(1)
      await sign(2)
      await point(1)
      const folder = await exportAgent()
      const agent = await start(folder)
      await until(async () => (await agent.status())['version'] === 1)
      expect(await agent.infer(10)).toMatchObject({ y: 11, version: '1' })

      line.isCut = true
      await point(2)
      const before = await agent.infer(20)
      expect(before.y).toBe(21)
      await until(async () => (await agent.status())['failure'])
      // Started again without a network, it still answers, and has lost nothing.
      expect(await end(agent.child, 'SIGKILL')).toBeNull()
      const again = await start(folder)
      const after = await again.infer(30)
      expect(after.y).toBe(31)

      line.lostAnswers = 3
      line.isCut = false
      await until(async () => (await again.status())['version'] === 2)
      expect(await again.status()).toMatchObject({ previous: 1 })
      const last = await again.infer(40)
      expect(last.y).toBe(42)
      const rows = await until(async () => {
        const found = await logged()
        return found.length >= 4 && found
      })
      const ids = rows.map(({ inferenceId }) => inferenceId)
      expect(ids).toEqual(expect.arrayContaining([before.id, after.id, last.id]))
      expect(new Set(ids).size).toBe(ids.length)
      expect(rows).toHaveLength(4)
      expect(rows.find(({ inferenceId }) => inferenceId === last.id)).toMatchObject({
        arm: 'edge',
        version: 2,
      })
      await until(async () => (await readdir(join(folder, 'data/log'))).length === 0)
      expect(await end(again.child, 'SIGTERM')).toBe(0)
    })

    onOne(
      'takes nothing that is not signed, was changed on its way, or is another version',
      async () => {
        await point(1)
        const folder = await exportAgent()
        const agent = await start(folder, { KAIZEN_ENDPOINT: '' })
        await until(async () => (await agent.status())['version'] === 1)

        await point(3)
        await until(async () => agent.told.join('').includes('the bundle is not signed'))
        const changes: readonly [string, string, string][] = [
          ['server.js', 'POST', 'PUT '],
          ['SHA256SUMS', 'model.js', 'mode1.js'],
          ['manifest.json', '"version": 2', '"version": 1'],
        ]
        for (const [, from, to] of changes) {
          agent.told.length = 0
          line.change = (path, body) =>
            path.includes('/export')
              ? Buffer.from(body.toString('latin1').replace(from, to), 'latin1')
              : body
          await point(2)
          await until(async () =>
            /is another file|signature is not|is not listed/.test(agent.told.join('')),
          )
          expect(await agent.infer(1)).toMatchObject({ y: 2, version: '1' })
        }
        // An older signed bundle in place of the one that was asked for.
        const old = await fetch(`${server.url}/api/v1/models/m/versions/1/export?to=node`, {
          headers: { authorization: bearer(operator) },
        })
        const bytes = Buffer.from(await old.arrayBuffer())
        agent.told.length = 0
        line.change = (path, body) => (path.includes('/export') ? bytes : body)
        await until(async () => agent.told.join('').includes('the bundle is of version 1'))
        line.change = (_, body) => body
        await until(async () => (await agent.status())['version'] === 2)
      },
    )

    onOne('goes back to the version before when what lies there was changed', async () => {
      await point(1)
      const folder = await exportAgent()
      const agent = await start(folder)
      await until(async () => (await agent.status())['version'] === 1)
      await point(2)
      await until(async () => (await agent.status())['version'] === 2)
      await end(agent.child, 'SIGKILL')
      const { current } = JSON.parse(await readFile(join(folder, 'data/current.json'), 'utf8'))
      await writeFile(join(folder, 'data/versions', current, 'model.js'), 'export {}')
      line.isCut = true
      const again = await start(folder)
      expect(await again.infer(1)).toMatchObject({ y: 2, version: '1' })
      expect(again.told.join('')).toContain('is another file')
    })

    onOne('is whole, whenever it is killed in a swap', async () => {
      await point(1)
      const folder = await exportAgent()
      const first = await start(folder)
      await until(async () => (await first.status())['version'] === 1)
      await end(first.child, 'SIGKILL')
      for (let round = 0; round < 6; round++) {
        await point(round % 2 === 0 ? 2 : 1)
        line.isCut = false
        const agent = await start(folder)
        await sleep(40 + 60 * round)
        await end(agent.child, 'SIGKILL')
        line.isCut = true
        const alone = await start(folder)
        const { y, version } = await alone.infer(10)
        expect([11, 12]).toContain(y)
        expect(y).toBe(10 + Number(version))
        await end(alone.child, 'SIGKILL')
        const kept = await readdir(join(folder, 'data/versions'))
        expect(kept.filter((name) => name.endsWith('.new'))).toEqual([])
      }
    })

    it.each([
      ['an unknown datatype', { inputs: [{ name: 'x', datatype: 'FP99', shape: [1], data: [1] }] }],
      ['too few elements', { inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1] }] }],
      ['a time to come', { at: 1e15 }],
      ['ids for other rows', { ids: ['p', 'q'] }],
      ['an id twice', { ids: ['p', 'p'] }],
    ])('refuses a log with %s', async (_what, change) => {
      const tensor = { name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }
      const item = {
        ids: ['a'],
        at: 1,
        version: 1,
        latencyMs: 1,
        inputs: [tensor],
        outputs: [tensor],
      }
      const answer = await server.send('POST /api/v1/endpoints/e/edge-predictions', {
        body: { model: 'm', items: [{ ...item, ...change }] },
      })
      expect(answer).toMatchObject({ status: 400, body: { error: { code: expect.any(String) } } })
    })
  })
})
