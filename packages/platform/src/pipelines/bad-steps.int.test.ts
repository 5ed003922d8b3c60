import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  graph,
  logText,
  python,
  shell,
  type TestPipelines,
  testPipelines,
} from './test-pipelines.ts'

let test: TestPipelines
const secret = 'a-secret-of-the-server'
beforeAll(async () => {
  process.env['KAIZEN_ADMIN_TOKEN'] = secret
  test = await testPipelines({ maxLogBytes: 100_000 })
})
afterAll(async () => {
  delete process.env['KAIZEN_ADMIN_TOKEN']
  await test[Symbol.asyncDispose]()
})

describe('a step that goes wrong', () => {
  const fails = async (script: string, rest: Parameters<typeof shell>[2] = {}) => {
    await test.declare(
      graph('bad', [shell('bad', script, rest), shell('later', 'true', { after: ['bad'] })]),
    )
    const run = await test.run('bad')
    expect(run.state).toBe('failed')
    expect(run.stepRuns.map(({ state }) => state)).toEqual(['failed', 'skipped'])
    expect(run.error).toEqual(run.stepRuns[0]?.error)
    expect(run.error?.code).toBe('STEP_FAILED')
    return run.error?.message
  }

  it.each([
    ['dies', 'echo out of luck >&2; exit 3', {}, 'ended with status 3: out of luck'],
    ['is killed', 'kill -9 $$', {}, 'was killed by the system, perhaps for want of memory'],
    [
      'is no program',
      '',
      { body: { kind: 'command', argv: ['no-such-program'] } },
      'there is no program no-such-program',
    ],
    ['hangs', 'sleep 100', { timeout: '300ms' }, 'took longer than 300 ms and was ended'],
    [
      'does not heed a request to end',
      'trap "" TERM; while true; do sleep 0.05; done',
      { timeout: '300ms' },
      'took longer than 300 ms',
    ],
    [
      'hangs with a child that holds the pipe',
      'sleep 100 & sleep 100',
      { timeout: '300ms' },
      'took longer',
    ],
    ['owes a value', 'true', { outputs: { x: 'value' } }, 'wrote no value of its output "x"'],
    [
      'owes a file',
      python('result()'),
      { outputs: { x: 'file' } },
      'wrote no file for its output "x"',
    ],
    [
      'writes half a result',
      `echo '{"outputs":' > $(dirname $KAIZEN_STEP)/out/result.json`,
      {},
      'its result is not JSON',
    ],
    [
      'writes NaN',
      python('result(x=float("nan"))'),
      { outputs: { x: 'metric' } },
      'its result is not JSON',
    ],
    [
      'writes text for a metric',
      python('result(x="9")'),
      { outputs: { x: 'metric' } },
      'is a metric, but holds "9"',
    ],
    [
      'writes what nobody asked for',
      python('result(y=1)'),
      {},
      'the output "y", which is not a declared value',
    ],
    [
      'writes a link',
      python('os.symlink("/etc/passwd", paths["x"])'),
      { outputs: { x: 'file' } },
      'is a link or a device',
    ],
    [
      'writes a folder',
      python('os.mkdir(paths["x"])'),
      { outputs: { x: 'file' } },
      'is not a regular file',
    ],
    [
      'writes a pipe',
      python('os.mkfifo(paths["x"])'),
      { outputs: { x: 'file' } },
      'is not a regular file',
    ],
    [
      'puts a link in place of its folder',
      python('d = os.path.dirname(paths["x"]); os.rename(d, d + "2"); os.symlink("/etc", d)'),
      { outputs: { x: 'file' } },
      'was removed or replaced',
    ],
    [
      'links its result',
      python('os.symlink("/etc/passwd", spec["resultPath"])'),
      {},
      'the result is a link',
    ],
    [
      'says why itself',
      python(
        'json.dump({"error": {"message": "no rows"}}, open(spec["resultPath"], "w")); sys.exit(2)',
      ),
      {},
      'failed: no rows',
    ],
  ] as const)('%s', async (_what, script, rest, message) => {
    expect(await fails(script, rest as never)).toContain(message)
    // Nothing of the attempt is left.
    expect(await readdir(join(test.folder, 'executor/steps'))).toEqual([])
  })

  it('that writes to its input has failed, and what it spoilt is made again', async () => {
    const made = shell('made', python('open(paths["x"], "w").write("good")'), {
      outputs: { x: 'file' },
    })
    const reads = (script: string) =>
      shell('reads', python(script), {
        inputs: { x: { from: 'node', node: 'made', output: 'x' } },
        outputs: { size: 'value' },
      })
    const spoils = 'open(inputs["x"], "a").write("bad"); result(size=0)'
    await test.declare(graph('spoils', [made, reads(spoils)]))
    expect((await test.run('spoils')).error?.message).toContain('it has changed its input "x"')
    await test.declare(graph('spoils', [made, reads('result(size=os.path.getsize(inputs["x"]))')]))
    const again = await test.run('spoils')
    expect(again.stepRuns[0]?.cacheReason).toContain('are no longer stored')
    expect(again.stepRuns[1]?.outputs['size']?.value).toBe(4)
  })

  it('ends what a step left running', async () => {
    await test.declare(graph('orphan', [shell('orphan', '(sleep 31.4159 &) ; true')]))
    expect((await test.run('orphan')).state).toBe('succeeded')
    const alive = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
    const commands = await Promise.all(
      alive.map(async (pid) => {
        return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      }),
    )
    expect(commands.filter((command) => command.includes('31.4159'))).toEqual([])
  })

  it('is tried again as often as it says', async () => {
    await mkdir(join(test.folder, 'marks'), { recursive: true })
    const script = (name: string, succeedAt: number) => `
      echo x >> ${test.folder}/marks/${name}
      [ $(wc -l < ${test.folder}/marks/${name}) -ge ${succeedAt} ]`
    await test.declare(
      graph('luck', [shell('luck', script('luck', 3), { retry: { max: 2, backoff: '10ms' } })]),
    )
    const run = await test.run('luck')
    expect(run.stepRuns[0]).toMatchObject({ state: 'succeeded', attempt: 3, error: null })
    expect(await logText(test.pipelines, run.id)).toContain('attempt 3 of 3')
    await test.declare(
      graph('luckless', [
        shell('luckless', script('luckless', 9), { retry: { max: 2, backoff: '10ms' } }),
      ]),
    )
    expect((await test.run('luckless')).stepRuns[0]).toMatchObject({ state: 'failed', attempt: 3 })
  })

  it('may print a gigabyte: the log is cut with a word, and memory stays bounded', async () => {
    await test.declare(
      graph('loud', [
        shell('loud', 'yes "a line of a gigabyte" | head -c 1000000000; echo the end >&2'),
      ]),
    )
    const before = process.memoryUsage().rss
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before)
    }, 20)
    const run = await test.run('loud')
    clearInterval(watch)
    expect(run.state).toBe('succeeded')
    const log = await logText(test.pipelines, run.id)
    expect(log.length).toBeLessThan(300_000)
    expect(log).toContain('loud system output past 100000 bytes is left out')
    expect(log).toMatch(/loud system \d{9} bytes of output were left out/)
    expect(most).toBeLessThan(150 * 1024 ** 2)
  })

  it('sees none of the secrets of the server', async () => {
    await test.declare(graph('nosy', [shell('nosy', 'env')]))
    const log = await logText(test.pipelines, (await test.run('nosy')).id)
    expect(log).toContain('KAIZEN_STEP=')
    expect(log).not.toContain(secret)
  })
})
