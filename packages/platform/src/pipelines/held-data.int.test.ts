import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { MemoryExecutor } from './execution/memory-executor.ts'
import { graph, shell, tester, testPipelines } from './test-pipelines.ts'

describe.each(testDialects)('pipelines and held data on $dialect', ({ dialect, available }) => {
  it.skipIf(!available)('do not read a version that the contract holds back', async () => {
    await using test = await testPipelines({
      dialect,
      executor: new MemoryExecutor(() => 'succeeds'),
    })
    const add = async (text: string) => {
      const path = join(test.folder, 'ages.csv')
      await writeFile(path, text)
      const file = { path, format: 'csv', mode: 'create', origin: {} } as const
      return test.data.addFile('ages', { ...file, actor: tester })
    }
    await test.data.create(tester, { name: 'ages' })
    const kwargs = { column: 'age', max_value: 120 }
    const type = 'expect_column_values_to_be_between'
    const expectations = [{ type, kwargs, severity: 'critical' as const, meta: {} }]
    const suite = { dataset: 'ages', name: 'plausible', expectations, meta: {} }
    await test.data.quality.saveSuite(tester, suite)
    await test.data.quality.setContract(tester, 'ages', { suite: 'plausible', onFailure: 'hold' })
    await test.declare(
      graph('reads', [
        shell('size', 'true', { inputs: { rows: { from: 'dataset', dataset: 'ages' } } }),
      ]),
    )
    await add('age\n17\n')
    expect((await test.run('reads')).state).toBe('succeeded')
    await add('age\n1700\n')
    const held = await test.run('reads')
    expect(held).toMatchObject({
      state: 'failed',
      error: {
        code: 'INVALID_DATA',
        message: expect.stringMatching(/version 2 of "ages" is held back.*1 of 1 rows/),
      },
    })
    await add('age\n18\n')
    expect((await test.run('reads')).state).toBe('succeeded')
  })
})
