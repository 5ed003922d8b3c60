import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadProject, toManifest } from '@kaizen/sdk'
import { expect, it } from 'vitest'
import { logText, tester, testPipelines } from './test-pipelines.ts'

const folder = fileURLToPath(new URL('../../../../examples/python-steps', import.meta.url))

it('runs the example with steps in TypeScript and Python as it is written', async () => {
  await using test = await testPipelines()
  const { manifest, files } = await toManifest(await loadProject(folder), { folder })
  for (const file of files) await test.blobs.put(await readFile(file.fullPath))
  const [declared] = manifest.pipelines
  if (!declared) throw new Error('the example declares no pipeline')
  await test.database.write((tx) => test.pipelines.declare(tx, tester, declared, manifest))
  const run = await test.run('springs', { params: { stiffness: 3 }, seed: 7 })
  expect(run.error).toBeNull()
  expect(run.outputs['slope']?.value).toBeCloseTo(3, 1)
  const page = Buffer.from(await test.blobs.bytes(run.outputs['page']?.digest ?? '')).toString()
  expect(page).toContain('200 pulls')
  const log = await logText(test.pipelines, run.id)
  expect(log).toContain('measure stdout measured 200 pulls')
  expect(log).toMatch(/fit-robust stdout fitted 196 of 200 points: slope [23]\.\d+/)

  const again = await test.run('springs', { params: { stiffness: 3 }, seed: 7 })
  expect(again.steps).toMatchObject({ total: 4, cached: 4 })
  const other = await test.run('springs', { params: { stiffness: 3 }, seed: 8 })
  expect(other.stepRuns[0]?.cacheReason).toMatch(/^miss: the seed changed from 7 to 8/)
})
