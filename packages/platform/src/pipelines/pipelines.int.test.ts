import { writeFile } from 'node:fs/promises'
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

  it('tags a tracking run with the code that was applied when it was queued', async () => {
    const declared = graph('sourced', [shell('one', 'echo')])
    const commit = 'a1'.repeat(20)
    const source = { commit, branch: 'main', dirty: true, name: 'loop/kaizen.ts' }
    const tagsOf = async (id: string | null) => {
      const { tags } = await test.tracking.runs.get(id ?? '')
      return Object.fromEntries(
        [...tags].map(({ key, value }) => [key, value]).filter(([key]) => key?.includes('source')),
      )
    }
    await test.declare(declared, {}, source)
    const first = await test.run('sourced')
    expect(await tagsOf(first.trackingRunId)).toEqual({
      'mlflow.source.name': 'loop/kaizen.ts',
      'mlflow.source.git.commit': commit,
      'mlflow.source.git.branch': 'main',
      'mlflow.source.git.dirty': 'true',
    })
    // The same revision from another commit, and then from outside of git.
    const later = 'b2'.repeat(20)
    await test.declare(declared, {}, { commit: later, dirty: false, name: 'kaizen.ts' })
    expect(await tagsOf((await test.run('sourced')).trackingRunId)).toEqual({
      'mlflow.source.name': 'kaizen.ts',
      'mlflow.source.git.commit': later,
      'mlflow.source.git.dirty': 'false',
    })
    await test.declare(declared)
    expect(await tagsOf((await test.run('sourced')).trackingRunId)).toEqual({})
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
