import type { KaizenError, Reproduction } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import {
  ended,
  graph,
  python,
  shell,
  type TestPipelines,
  tester,
  testPipelines,
} from '../test-pipelines.ts'

const repeats = python(`
open(paths["report"], "w").write("seed %d" % spec["seed"])
result(score=spec["seed"] * inputs["n"] / 7)`)
const shifts = python(`
import time
open(paths["report"], "w").write(str(time.time_ns()))
result(score=1)`)
const one = (name: string, script: string) =>
  graph(
    name,
    [
      shell('work', script, {
        inputs: { n: { from: 'param', name: 'n' } },
        outputs: { score: 'metric', report: 'file' },
      }),
    ],
    {
      params: { n: { type: 'integer' } },
      outputs: {
        score: { node: 'work', output: 'score' },
        report: { node: 'work', output: 'report' },
      },
    },
  )

async function again(test: TestPipelines, runId: string): Promise<Reproduction> {
  const { id } = await test.pipelines.startAgain(tester, runId)
  await ended(test.pipelines, id)
  for (;;) {
    const [found] = await test.pipelines.reproductions.list(runId)
    if (found) return found
    await new Promise<void>((resolve) => setTimeout(resolve, 20))
  }
}

describe.each(testDialects)('runs done again, on $dialect', ({ dialect, available }) => {
  it.runIf(available)(
    'come from the files, parameters and seed of the first time, not from those in force now',
    async () => {
      await using test = await testPipelines({ dialect })
      const source = {
        commit: 'a'.repeat(40),
        dirty: true,
        name: 'kaizen.ts',
        diff: 'diff --git a b',
      }
      await test.declare(one('score', repeats), { 'lib.py': 'x = 1' }, source)
      const first = await test.run('score', { params: { n: 14 }, seed: 3 })
      const runId = first.trackingRunId ?? ''
      await test.declare(one('score', shifts), { 'lib.py': 'x = 2' })

      const recipe = await test.pipelines.reproductions.recipe(runId)
      expect(recipe).toMatchObject({
        pipeline: 'score',
        pipelineRun: first.id,
        seed: 3,
        code: { commit: source.commit, dirty: true, diff: source.diff },
        missing: [],
      })
      expect(recipe.code.bundle?.files.map(({ path }) => path)).toEqual(['lib.py'])
      const { root } = await test.tracking.artifactRoot(runId)
      const patch = await test.tracking.artifacts.list(`${root}/code`, { limit: 10 })
      expect(JSON.stringify(patch)).toContain('changes.patch')

      const found = await again(test, runId)
      expect(found).toMatchObject({
        runId,
        pipelineRun: first.id,
        verdict: 'identical',
        params: [],
      })
      expect(found.outputs.map(({ name, same }) => [name, same])).toEqual([
        ['report', 'identical'],
        ['score', 'identical'],
      ])
      const { tags } = await test.tracking.runs.get(runId)
      expect(tags).toContainEqual({ key: 'kaizen.reproduced_by', value: found.byRunId })
      expect(await test.pipelines.reproductions.list(found.byRunId)).toEqual([found])
    },
  )

  it.runIf(available)(
    'says which step does not repeat, and that nothing recorded explains it',
    async () => {
      await using test = await testPipelines({ dialect })
      await test.declare(one('clock', shifts))
      const { trackingRunId } = await test.run('clock', { params: { n: 1 } })
      const found = await again(test, trackingRunId ?? '')
      expect(found.verdict).toBe('different')
      expect(found.findings).toContain('1 output is different: report')
      expect(found.findings.at(-1)).toContain('work: code, inputs, seed and recorded environment')
    },
  )

  it.runIf(available)(
    'refuses what no pipeline made, what has not ended, and a run as its own repetition',
    async () => {
      await using test = await testPipelines({ dialect })
      const runId = await test.database.write(async (tx) => {
        const experimentId = await test.tracking.ensureExperiment(tx, tester, 'by hand')
        const tags = { 'kaizen.pipeline_run': 'run_of_another' }
        return test.tracking.startRun(tx, tester, { experimentId, name: 'r', startTime: 1, tags })
      })
      const code = async (act: Promise<unknown>) =>
        act.then(
          () => 'done',
          (failure: unknown) => (failure as KaizenError).code,
        )
      const { reproductions } = test.pipelines
      expect(await code(test.pipelines.startAgain(tester, runId))).toBe('UNSUPPORTED')
      expect(await code(reproductions.record(tester, runId, runId))).toBe('INVALID_REQUEST')
      expect(await code(reproductions.recipe('f'.repeat(32)))).toBe('NOT_FOUND')
      const recipe = await reproductions.recipe(runId)
      expect(recipe.pipelineRun).toBeNull()
      expect(recipe.missing).toContain('no git commit was logged')
      await test.declare(one('score', repeats))
      const { trackingRunId } = await test.run('score', { params: { n: 1 } })
      expect(await code(reproductions.record(tester, trackingRunId ?? '', runId))).toBe('CONFLICT')
    },
  )
})
