import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toManifest } from '@kaizen/sdk'
import project from './kaizen.ts'

test('the project is whole: its loop names a pipeline, a dataset, an endpoint and a monitor', async () => {
  const { manifest, files } = await toManifest(project, { folder: import.meta.dirname })
  const names = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name)
  assert.deepEqual(names(manifest.pipelines), ['fit-delivery-time'])
  assert.deepEqual(names(manifest.datasets), ['deliveries'])
  assert.deepEqual(names(manifest.endpoints), ['delivery-time'])
  assert.deepEqual(names(manifest.monitors), ['delivery-watch'])
  assert.deepEqual(names(manifest.policies), ['delivery-loop'])
  assert.ok(files.some(({ path }) => path === 'data/deliveries.csv'))
})
