import type { BatchJob } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import type { AuditEvent } from '../../audit/index.ts'
import { LineageSource } from './lineage-source.ts'
import { runUuid } from './openlineage.ts'

const job: BatchJob = {
  id: 'batch_1',
  state: 'succeeded',
  model: 'models:/fraud/4',
  modelName: 'fraud',
  modelVersion: 4,
  input: { dataset: 'orders', version: 7 },
  columns: null,
  keep: null,
  format: 'parquet',
  dataset: 'scores',
  datasetVersion: 2,
  rowsPerSecond: null,
  rows: 10,
  scored: 9,
  failed: 1,
  output: null,
  errors: null,
  error: null,
  createdAt: 1,
  createdBy: 'user:a',
  endedAt: 2,
}
const unused = () => Promise.reject(new Error('not asked for'))
const source = (found: BatchJob) =>
  new LineageSource({
    reader: undefined as never,
    namespace: 'shop',
    data: {
      version: async (dataset, version) =>
        ({ dataset, version, schema: [{ name: 'id', type: 'BIGINT' }] }) as never,
    },
    pipelines: { get: unused },
    registry: { version: unused },
    batch: { get: async () => found },
    features: undefined as never,
  })
const event = (what: string): AuditEvent =>
  ({ seq: 1, at: 5, type: `serving.batch.${what}`, subject: 'batch:batch_1', data: {} }) as never

it('a batch job reads rows and a model, and makes a version of a dataset', async () => {
  const [started] = await source(job).eventsOf(event('created'))
  const [ended] = await source(job).eventsOf(event('succeeded'))
  expect([started?.eventType, started?.outputs]).toEqual(['START', []])
  expect(ended).toMatchObject({
    eventType: 'COMPLETE',
    eventTime: '1970-01-01T00:00:00.005Z',
    job: { namespace: 'shop', name: 'batch.fraud' },
    run: { runId: started?.run.runId },
    inputs: [
      {
        name: 'orders',
        facets: { version: { datasetVersion: '7' }, schema: { fields: [{ name: 'id' }] } },
      },
      { name: 'models/fraud', facets: { version: { datasetVersion: '4' } } },
    ],
    outputs: [{ name: 'scores', outputFacets: { outputStatistics: { rowCount: 9 } } }],
  })
})

it('a job that failed says why, and one that was cancelled was aborted', async () => {
  const [failed] = await source({ ...job, error: 'disk full' }).eventsOf(event('failed'))
  expect(failed).toMatchObject({
    eventType: 'FAIL',
    run: { facets: { errorMessage: { message: 'disk full' } } },
  })
  const [cancelled] = await source(job).eventsOf(event('cancelled'))
  expect(cancelled?.eventType).toBe('ABORT')
  expect(await source(job).eventsOf({ ...event('x'), type: 'registry.alias.set' })).toEqual([])
})

it('runs are named by UUIDs of version 5, the same for the same run', () => {
  expect(runUuid('run_1')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect(runUuid('run_1')).toBe(runUuid('run_1'))
  expect(runUuid('run_2')).not.toBe(runUuid('run_1'))
})
