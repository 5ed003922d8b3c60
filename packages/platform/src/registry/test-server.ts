import { readFile } from 'node:fs/promises'
import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import fastify from 'fastify'
import { mountSurface } from '../http/index.ts'
import type { Dialect } from '../storage/index.ts'
import { trackingSurface } from '../tracking/index.ts'
import { type TestTracking, tester, testTracking } from '../tracking/test-tracking.ts'
import { registryMigrations } from './migrations.ts'
import { RegistryService } from './service.ts'
import { registrySurfaces } from './surfaces.ts'

/** Tracking and registry over HTTP on a port of their own. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly stage: TestTracking
  readonly registry: RegistryService
  /** Defects that requests met; a test that expects none looks here. */
  readonly defects: readonly KaizenError[]
}

/** Stands for the runtime's inspection: files that begin with the mark are models, all others are not. */
export const modelMark = 'ONNX'
export const modelSignature: ModelSignature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
}
async function inspectModel(path: string): Promise<ModelSignature> {
  if ((await readFile(path)).subarray(0, 4).toString() === modelMark) return modelSignature
  throw new KaizenError('INVALID_MODEL', 'the file is not an ONNX model')
}

export async function testServer(dialect: Dialect): Promise<TestServer> {
  const stage = await testTracking(dialect, registryMigrations)
  const { tracking, database, blobs, audit, clock } = stage
  const registry = new RegistryService({ database, audit, clock })
  const app = fastify({ bodyLimit: 32 * 2 ** 20, routerOptions: { maxParamLength: 4096 } })
  const defects: KaizenError[] = []
  const surfaces = [
    trackingSurface(tracking, database),
    ...registrySurfaces({ registry, tracking, database, blobs, inspectModel, audit, clock }),
  ]
  for (const surface of surfaces) {
    await mountSurface(app, surface, {
      authenticate: async () => tester,
      onDefect: (error) => defects.push(error),
    })
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    stage,
    registry,
    defects,
    async [Symbol.asyncDispose]() {
      await app.close()
      await stage[Symbol.asyncDispose]()
    },
  }
}
