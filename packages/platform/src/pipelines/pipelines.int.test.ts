import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ended,
  graph,
  logText,
  python,
  shell,
  type TestPipelines,
  tester,
  testPipelines,
} from './test-pipelines.ts'

let test: TestPipelines
beforeAll(async () => {
  test = await testPipelines({ maxLogBytes: 100_000 })
})
afterAll(() => test[Symbol.asyncDispose]())

const typescript = `
import { file, metric, step, value } from '@kaizen/sdk'
import { factor } from './factor.ts'
export const multiply = step('multiply', {
  in: { n: value<number>() }, out: { product: metric(), note: file() },
  run: async ({ n }, { logMetric, logParam, seed }) => {
    console.log('multiplying', n)
    logMetric('loss', 0.5, 0); logMetric('loss', 0.25, 1); logParam('seed', seed)
    return { product: n * factor, note: 'n was ' + n }
  },
})
`
const chain = graph(
  'chain',
  [
    {
      id: 'multiply',
      step: 'multiply',
      body: { kind: 'typescript', module: 'steps.ts', export: 'multiply' },
      inputs: { n: { from: 'param', name: 'n' } },
      outputs: { product: 'metric', note: 'file' },
      codeDigest: 'a'.repeat(64),
    },
    shell(
      'add',
      python(`
note = open(inputs["note"]).read()
print("read", note)
open(paths["copy"], "w").write(note + "!")
result(total=inputs["product"] + 1)`),
      {
        inputs: {
          product: { from: 'node', node: 'multiply', output: 'product' },
          note: { from: 'node', node: 'multiply', output: 'note' },
        },
        outputs: { total: 'value', copy: 'file' },
      },
    ),
  ],
  {
    params: { n: { type: 'number' }, unused: { type: 'string', default: 'x' } },
    outputs: { total: { node: 'add', output: 'total' }, copy: { node: 'add', output: 'copy' } },
  },
)
const files = { 'steps.ts': typescript, 'factor.ts': 'export const factor = 6' }

describe('a run', () => {
  it('runs TypeScript and Python steps, each in a process of its own, and keeps lineage', async () => {
    await test.declare(chain, files)
    const run = await test.run('chain', { params: { n: 7 }, seed: 3 })
    expect(run).toMatchObject({
      state: 'succeeded',
      error: null,
      steps: { total: 2, done: 2, cached: 0, failed: 0 },
      outputs: {
        total: { kind: 'value', value: 43 },
        copy: { kind: 'file', sizeBytes: 8 },
      },
    })
    const [multiply, add] = run.stepRuns
    expect(multiply).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      cacheReason: 'miss: this step has not run before',
      outputs: { product: { kind: 'metric', value: 42 } },
      lineage: { codeDigest: 'a'.repeat(64), params: { n: 7 }, seed: 3 },
    })
    expect(multiply?.lineage?.environment).toMatchObject({ node: process.version })
    expect(add?.dependsOn).toEqual(['multiply'])
    expect(add?.lineage?.inputs).toMatchObject({
      note: { kind: 'file', digest: multiply?.outputs['note']?.digest },
    })
    const copy = await test.blobs.bytes(run.outputs['copy']?.digest ?? '')
    expect(Buffer.from(copy).toString()).toBe('n was 7!')
    const log = await logText(test.pipelines, run.id)
    expect(log).toContain('multiply stdout multiplying 7')
    expect(log).toContain('add stdout read n was 7')
    const only = await test.pipelines.logs(run.id, { node: 'add', after: 0, limit: 100 })
    expect(new Set(only.lines.map(({ node }) => node))).toEqual(new Set(['add']))
  })

  it('logs to a tracking run', async () => {
    const run = await test.run('chain', { params: { n: 8 } })
    const logged = await test.tracking.runs.get(run.trackingRunId ?? '')
    const text = JSON.stringify(logged)
    for (const part of [
      'FINISHED',
      '"n"',
      '"8"',
      'multiply.product',
      '48',
      'multiply.loss',
      'multiply.seed',
    ])
      expect(text).toContain(part)
    expect(text).toContain(run.id)
  })

  it('takes from the cache what nothing has changed, and says why or why not', async () => {
    const first = await test.run('chain', { params: { n: 9 } })
    const again = await test.run('chain', { params: { n: 9, unused: 'y' } })
    expect(again.steps).toMatchObject({ done: 2, cached: 2 })
    expect(again.outputs).toEqual(first.outputs)
    expect(again.stepRuns[0]?.cacheReason).toBe(
      `hit: same code, inputs, parameters, seed and environment as run ${first.id}`,
    )
    expect(again.stepRuns[0]?.lineage).toEqual(first.stepRuns[0]?.lineage)
    const reason = async (options: Parameters<TestPipelines['run']>[1]) =>
      (await test.run('chain', options)).stepRuns.map((step) => step.cacheReason)
    const inputs = await reason({ params: { n: 10 } })
    expect(inputs[0]).toMatch(/^miss: input "n" changed since run run_/)
    expect(inputs[1]).toMatch(/^miss: input "note" changed, input "product" changed since/)
    expect((await reason({ params: { n: 10 }, seed: 5 }))[0]).toMatch(
      /^miss: the seed changed from 0 to 5 since/,
    )
    expect(await reason({ params: { n: 10 }, cache: false })).toEqual([
      'off: this run was started without the cache',
      'off: this run was started without the cache',
    ])
    const changed = structuredClone(chain)
    Object.assign(changed.nodes[0] ?? {}, { codeDigest: 'b'.repeat(64) })
    await test.declare(changed, { ...files, 'factor.ts': 'export const factor = 6.0' })
    const code = await reason({ params: { n: 10 } })
    expect(code[0]).toMatch(/^miss: its code changed since/)
    // The same outputs come out, so what follows is a hit again.
    expect(code[1]).toMatch(/^hit: /)
  })

  it('runs again when the content of an output is no longer stored', async () => {
    const first = await test.run('chain', { params: { n: 11 } })
    await test.blobs.remove(first.stepRuns[0]?.outputs['note']?.digest ?? '')
    const again = await test.run('chain', { params: { n: 11 } })
    expect(again.stepRuns.map((step) => step.cacheReason)).toEqual([
      `miss: the outputs of run ${first.id} are no longer stored`,
      expect.stringMatching(/^hit/),
    ])
  })

  it('refuses parameters that it does not take', async () => {
    const start = (params: Record<string, number | string>) =>
      test.pipelines.start(tester, 'chain', { params, trigger: 'test' })
    await expect(start({})).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'pipeline "chain": parameter "n" is missing; expected a finite number',
    })
    await expect(start({ n: 'seven' })).rejects.toThrow('parameter "n" is "seven"')
    await expect(start({ n: 7, m: 1 })).rejects.toThrow('has no parameter "m"')
    await expect(test.pipelines.start(tester, 'none', { trigger: 't' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
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
    const left = await readdir(join(test.folder, 'executor/steps'), { recursive: true })
    expect(left.filter((path) => path.includes('/out'))).toEqual([])
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
    process.env['KAIZEN_ADMIN_TOKEN'] = 'a-secret-of-the-server'
    try {
      await test.declare(graph('nosy', [shell('nosy', 'env')]))
      const run = await test.run('nosy')
      const log = await logText(test.pipelines, run.id)
      expect(log).toContain('KAIZEN_STEP=')
      expect(log).not.toContain('a-secret-of-the-server')
    } finally {
      delete process.env['KAIZEN_ADMIN_TOKEN']
    }
  })
})

describe('a run under way', () => {
  it('shows its log while it runs, and ends when it is cancelled', async () => {
    await test.declare(
      graph('slow', [
        shell('slow', 'echo begun; sleep 100'),
        shell('next', 'true', { after: ['slow'] }),
      ]),
    )
    const { id } = await test.pipelines.start(tester, 'slow', { trigger: 'test' })
    await expect
      .poll(
        async () =>
          (await test.pipelines.logs(id, { after: 0, limit: 10 })).lines.map(({ text }) => text),
        { timeout: 5000 },
      )
      .toContain('begun')
    const live = await test.pipelines.logs(id, { after: 0, limit: 10 })
    expect(live.complete).toBe(false)
    expect(await test.pipelines.cancel(tester, id)).toMatchObject({ state: 'cancelled' })
    const run = await ended(test.pipelines, id)
    expect(run.stepRuns.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
    await test.jobs.settled()
    expect((await test.pipelines.get(id)).state).toBe('cancelled')
    await expect(test.pipelines.cancel(tester, id)).rejects.toMatchObject({ code: 'CONFLICT' })
    const types = (await test.audit.list({ limit: 100, subject: `pipeline-run:${id}` })).items
    expect(types.map(({ type }) => type).reverse()).toEqual([
      'pipelines.run.queued',
      'pipelines.run.started',
      'pipelines.run.cancelled',
    ])
  })

  it('sees one version of a dataset, as one file of rows', async () => {
    await test.data.create(tester, {
      name: 'rows',
      description: '',
      eventTime: { column: 'at' },
      rules: [],
    })
    const day = (n: number) => `2020-01-0${n}`
    await writeFile(join(test.folder, 'rows.csv'), `at,x\n${day(1)},1\n${day(2)},2\n${day(3)},3\n`)
    await test.data.addFile('rows', {
      path: join(test.folder, 'rows.csv'),
      format: 'csv',
      mode: 'create',
      origin: {},
      actor: tester,
    })
    await test.declare(
      graph(
        'reads',
        [
          shell('size', python('result(size=os.path.getsize(inputs["rows"]))'), {
            inputs: {
              rows: {
                from: 'dataset',
                dataset: 'rows',
                version: { from: 'param', name: 'version' },
                windowFrom: { from: 'param', name: 'from' },
              },
            },
            outputs: { size: 'value' },
          }),
          shell('after', 'true', {
            inputs: { size: { from: 'node', node: 'size', output: 'size' } },
          }),
        ],
        { params: { version: { type: 'integer', default: -1 }, from: { type: 'timestamp' } } },
      ),
    )
    const from = Date.UTC(2020, 0, 2)
    const run = await test.run('reads', { params: { from } })
    expect(run.error).toBeNull()
    expect(run.stepRuns[1]?.lineage?.datasets).toEqual([
      { dataset: 'rows', version: 1, digest: expect.any(String), from, to: null },
    ])
    const missing = await test.run('reads', { params: { from, version: 9 } })
    expect(missing.error?.code).toBe('NOT_FOUND')
  })
})
