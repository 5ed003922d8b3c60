import { type EndpointView, KaizenError, monitorDeclaration } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { type LineageParts, WatchedLineage } from './watched-lineage.ts'

const gone = (what: string) => Promise.reject(new KaizenError('NOT_FOUND', `no ${what}`))
const lineages: Readonly<Record<string, unknown>> = {
  'models:/bike/3': {
    datasets: [{ dataset: 'hours' }, { dataset: 'holidays' }],
    pipelineRunId: 'r1',
  },
  'models:/bike/4': { datasets: 'none', pipelineRunId: 7 },
  'models:/foreign/1': {},
}
const arms = [
  { modelName: 'bike', version: 3 },
  { modelName: 'bike', version: 4 },
  { modelName: 'foreign', version: 1 },
  { modelName: 'removed', version: 9 },
]
const endpoint = {
  project: 'bikes',
  arms,
  settings: { features: { service: 'station' } },
} as unknown as EndpointView
const parts = {
  serving: { view: (name: string) => (name === 'bike' ? Promise.resolve(endpoint) : gone(name)) },
  registry: {
    resolve: (uri: string) =>
      uri in lineages ? Promise.resolve({ lineage: lineages[uri] }) : gone(uri),
  },
  pipelines: {
    get: (id: string) => (id === 'r1' ? Promise.resolve({ pipeline: 'training' }) : gone(id)),
  },
  features: {
    definitions: {
      select: async () => ({
        views: [{ view: { name: 'weather' } }, { view: { name: 'removed' } }],
        computed: [{ view: { name: 'chill' } }],
      }),
      view: (name: string) =>
        name === 'weather'
          ? Promise.resolve({
              definition: { source: { dataset: 'stations' }, entities: ['place'] },
            })
          : gone(name),
    },
  },
} as unknown as LineageParts
const lineageOf = async (watched: object, of = parts) =>
  [...(await new WatchedLineage(of).of(monitorDeclaration.parse({ name: 'm', ...watched })))].sort()

it('of an endpoint: its models, what made them, the features that it looks up, and its project', async () => {
  expect(await lineageOf({ endpoint: 'bike' })).toEqual([
    'dataset:holidays',
    'dataset:hours',
    'dataset:stations',
    'endpoint:bike',
    'entity:place',
    'feature-service:station',
    'feature-view:removed',
    'feature-view:weather',
    'model:bike',
    'model:foreign',
    'model:removed',
    'monitor:m',
    'on-demand-view:chill',
    'pipeline:training',
    'project:bikes',
  ])
})

it('of a dataset, a pipeline, a feature view, and of what is gone', async () => {
  expect(await lineageOf({ dataset: 'hours' })).toEqual(['dataset:hours', 'monitor:m'])
  expect(await lineageOf({ pipeline: 'training' })).toEqual(['monitor:m', 'pipeline:training'])
  expect(await lineageOf({ featureView: 'weather' })).toEqual([
    'dataset:stations',
    'entity:place',
    'feature-view:weather',
    'monitor:m',
  ])
  expect(await lineageOf({ endpoint: 'removed' })).toEqual(['endpoint:removed', 'monitor:m'])
})

it('does not hide what is broken', async () => {
  const broken = { ...parts, serving: { view: () => Promise.reject(new Error('disk')) } }
  await expect(lineageOf({ endpoint: 'bike' }, broken)).rejects.toThrow('disk')
})
