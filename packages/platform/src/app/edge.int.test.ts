import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { addingModel, Line, until } from './test-edge.ts'
import { readTar } from './test-read-tar.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

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
      line.onAnswer = () => undefined
    })

    const upload = async (amount: number): Promise<void> => {
      const answer = await fetch(`${server.url}/api/v1/models/m/versions`, {
        method: 'POST',
        headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
        body: addingModel(amount),
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

    async function allLogged(): Promise<readonly string[]> {
      const ids: string[] = []
      let token: string | undefined = ''
      while (token !== undefined) {
        const query = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`
        const path = `GET /api/v1/endpoints/e/predictions?limit=1000${query}` as const
        const { body } = await server.send(path)
        ids.push(...body.items.map((one: { inferenceId: string }) => one.inferenceId))
        token = body.nextPageToken
      }
      return ids
    }

    it('is not exported for a version that nobody has signed', async () => {
      await point(1)
      expect(await server.send('GET /api/v1/models/m/versions/@live/export?to=edge')).toMatchObject(
        { status: 409, body: { error: { hint: 'Sign it: kaizen models sign m 1' } } },
      )
    })

    onOne('is the same bytes again', async () => {
      await sign(1)
      const path = `${server.url}/api/v1/models/m/versions/1/export?to=edge`
      const headers = { authorization: bearer(operator) }
      const [one, two] = await Promise.all(
        [1, 2].map(async () => Buffer.from(await (await fetch(path, { headers })).arrayBuffer())),
      )
      expect(one!.length).toBeGreaterThan(1000)
      expect(one!.equals(two!)).toBe(true)
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

    onOne('loses and doubles nothing it has answered, whenever it is killed', async () => {
      await point(1)
      const folder = await exportAgent()
      const before = new Set((await logged()).map(({ inferenceId }) => inferenceId))
      const answered = new Map<string, number>()
      let uploads = 0
      for (let round = 0; round < 6; round++) {
        const agent = await start(folder)
        await until(async () => (await agent.status())['version'] === 1)
        // In every other round it ends when the server has just taken a part, before it is told so.
        line.onAnswer = (path) => {
          if (!path.startsWith('POST ')) return
          uploads++
          if (round % 2 === 0) agent.child.kill('SIGKILL')
        }
        const ask = async (): Promise<void> => {
          for (let x = 0; ; x++) {
            const got = await agent.infer(x).catch(() => undefined)
            if (!got) return
            expect(got.y).toBe(x + 1)
            answered.set(got.id, x)
            await sleep(5)
          }
        }
        const asking = Promise.all([ask(), ask(), ask()])
        await sleep(150 + 120 * round)
        await end(agent.child, 'SIGKILL')
        await asking
      }
      line.onAnswer = () => undefined
      const last = await start(folder)
      await until(async () => (await readdir(join(folder, 'data/log'))).length === 0)
      expect(await last.status()).toMatchObject({ dropped: 0, refused: 0 })
      expect(uploads).toBeGreaterThan(3)
      expect(answered.size).toBeGreaterThan(50)
      const ids = await allLogged()
      expect(new Set(ids).size).toBe(ids.length)
      expect([...answered.keys()].filter((id) => !ids.includes(id))).toEqual([])
      // Beyond that only what was written down when the process ended, before it was answered.
      const beyond = ids.filter((id) => !answered.has(id) && !before.has(id))
      expect(beyond.length).toBeLessThanOrEqual(6 * 3)
    })

    onOne('sets aside what the server will never take, and sends the rest', async () => {
      await point(1)
      const folder = await exportAgent()
      const log = join(folder, 'data/log')
      await mkdir(log, { recursive: true })
      const tensor = { name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }
      const item = (id: string) => ({
        ids: [id],
        at: 1,
        version: 1,
        latencyMs: 1,
        inputs: [tensor],
        outputs: [{ ...tensor, name: 'y' }],
      })
      const left = ['good-1', 'x'.repeat(300), 'good-2', 'good-3'].map((id) =>
        JSON.stringify(item(id)),
      )
      // As a process leaves it that was killed while it wrote.
      await writeFile(join(log, 'open.jsonl'), `${left.join('\n')}\n{"ids":["ha`)
      const agent = await start(folder)
      await until(async () => (await allLogged()).includes('good-3'))
      expect(await allLogged()).toEqual(expect.arrayContaining(['good-1', 'good-2', 'good-3']))
      await until(async () => (await agent.status())['refused'] === 1)
      await until(async () => (await readdir(log)).join() === 'refused.jsonl')
      const aside = JSON.parse(await readFile(join(log, 'refused.jsonl'), 'utf8'))
      expect(aside.answer.ids).toEqual(['x'.repeat(300)])
      expect(aside.reason).toContain('ids')
    })

    onOne('writes no column that its endpoint hides', async () => {
      await server.send('POST /api/v1/endpoints', { body: { name: 'hidden', model: 'm' } })
      const settings = { log: { redact: ['x'] } }
      await server.send('PUT /api/v1/endpoints/hidden/settings', { body: settings })
      const tensor = { name: 'x', datatype: 'FP32', shape: [1, 1], data: [42] }
      const item = { ids: ['h'], at: 1, version: 1, latencyMs: 1, inputs: [tensor], outputs: [] }
      const sent = await server.send('POST /api/v1/endpoints/hidden/edge-predictions', {
        body: { model: 'm', items: [item] },
      })
      expect(sent).toMatchObject({ status: 200, body: { accepted: 1 } })
      const { body } = await server.send('GET /api/v1/endpoints/hidden/predictions')
      expect(body.items).toMatchObject([{ inferenceId: 'h', inputs: { x: null } }])
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
