import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ended, graph, logText, shell, tester, testPipelines } from './test-pipelines.ts'

const server = fileURLToPath(new URL('./test-server.ts', import.meta.url))
let folder: string
let child: ChildProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-resume-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function startServer(): Promise<ChildProcess> {
  const started = spawn(process.execPath, [server, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(started.stdout, 'data')
  child = started
  return started
}
async function kill(started: ChildProcess): Promise<void> {
  const gone = once(started, 'exit')
  started.kill('SIGKILL')
  await gone
}
/** A process that has ended may stay as a zombie where nobody collects it. */
const isAlive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  return !/\) [ZX]/.test(stat)
}
const marks = async (name: string): Promise<number> =>
  (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n').length - 1

describe('a server that is killed while a run goes on', () => {
  it('takes the run up again: what had ended is not run again, what was under way is, alone', async () => {
    const mark = (name: string) => `echo $$ >> ${folder}/${name}`
    let id: string
    {
      await using test = await testPipelines({ folder })
      await test.declare(
        graph('long', [
          shell('first', mark('first'), { cache: false }),
          shell(
            'second',
            `${mark('second')}; while [ ! -e ${folder}/go ]; do sleep 0.02; done; ${mark('done')}`,
            {
              after: ['first'],
              cache: false,
            },
          ),
          shell('third', mark('third'), { after: ['second'], cache: false }),
        ]),
      )
      // Nothing may run in this process: the job waits for the server.
      await test.jobs[Symbol.asyncDispose]()
      id = await test.database.write((tx) =>
        test.pipelines.enqueue(tx, tester, 'long', { trigger: 'test' }),
      )
    }
    for (let life = 1; life <= 3; life++) {
      const started = await startServer()
      await expect.poll(() => marks('second'), { timeout: 10_000 }).toBe(life)
      await kill(started)
    }
    const pids = async () =>
      (await readFile(join(folder, 'second'), 'utf8')).trim().split('\n').map(Number)
    await using test = await testPipelines({ folder })
    await expect.poll(() => marks('second'), { timeout: 10_000 }).toBe(4)
    // The processes that the killed servers left behind have been ended.
    expect(await Promise.all((await pids()).slice(0, 3).map(isAlive))).toEqual([
      false,
      false,
      false,
    ])
    expect(await isAlive(process.pid)).toBe(true)
    await writeFile(join(folder, 'go'), '')
    const run = await ended(test.pipelines, id)
    expect(run.state).toBe('succeeded')
    expect(run.stepRuns.map(({ node, state, attempt }) => [node, state, attempt])).toEqual([
      ['first', 'succeeded', 1],
      ['second', 'succeeded', 1],
      ['third', 'succeeded', 1],
    ])
    expect(await marks('first')).toBe(1)
    expect(await marks('done')).toBe(1)
    expect(await marks('third')).toBe(1)
    expect(await logText(test.pipelines, id)).toContain('second system attempt 1 of 1')
    const events = (await test.audit.list({ limit: 100, subject: `pipeline-run:${id}` })).items
    const count = (type: string) => events.filter((event) => event.type === type).length
    expect([count('pipelines.run.started'), count('pipelines.run.succeeded')]).toEqual([1, 1])
    expect(count('pipelines.step.ended')).toBe(3)
    expect(await test.audit.verify()).toMatchObject({ ok: true })
  })

  it('starts though the machine stopped in the middle of a write', async () => {
    const attempt = join(folder, 'executor', 'steps', 'run_1~a~1')
    await mkdir(attempt, { recursive: true })
    await writeFile(join(attempt, 'process.json'), '{"pid":')
    await using test = await testPipelines({ folder })
    expect(await readdir(join(test.folder, 'executor', 'steps'))).toEqual([])
  })

  it.each(['jobs', 'executor'] as const)(
    'goes on after an orderly stop too: first the %s',
    async (first) => {
      let id: string
      {
        await using test = await testPipelines({ folder })
        // Two run, the third waits for its turn.
        const waits = `while [ ! -e ${folder}/go ]; do sleep 0.02; done`
        await test.declare(
          graph('wait', [
            shell('wait', `echo x >> ${folder}/wait; ${waits}`),
            shell('beside', waits),
            shell('third', waits),
          ]),
        )
        id = (await test.pipelines.start(tester, 'wait', { trigger: 'test' })).id
        await expect.poll(() => marks('wait'), { timeout: 10_000 }).toBe(1)
        await test[first][Symbol.asyncDispose]()
      }
      await using test = await testPipelines({ folder })
      expect((await test.pipelines.get(id)).endedAt).toBeNull()
      await writeFile(join(folder, 'go'), '')
      expect(await ended(test.pipelines, id)).toMatchObject({ state: 'succeeded' })
      expect(await marks('wait')).toBe(2)
    },
  )
})
