import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as contracts from '@kaizen/contracts'
import { continualApi, modelsApi, pipelinesApi } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { staleAfter } from './live-rules.ts'

/** Answers of pages that no event makes old, and why. */
const lasting: Readonly<Record<string, string>> = {
  'artifactPreviewsApi.ofRun': 'a file of a run does not change',
  'auditApi.list': 'its page offers what is new, so that rows do not move while read',
  'auditApi.verify': 'asked for by hand',
  'dataApi.profile': 'of one version, which does not change',
  'dataApi.version': 'does not change',
  'dataQualityApi.failedRows': 'of one validation',
  'dataQualityApi.validation': 'does not change',
  'dataReportApi.compare': 'of two versions',
  'dataReportApi.report': 'of one version',
  'predictionLogApi.get': 'settings, which come with the server',
  'reproductionsApi.recipe': 'of a run that has ended',
  'searchApi.find': 'asked for by typing',
  'sessionApi.me': 'changes with a login, which loads the page',
  'sessionApi.options': 'settings, which come with the server',
  'similarApi.find': 'asked for by hand',
}

describe('staleAfter', () => {
  it('refreshes the pages of the stage that changed, and the loop', () => {
    expect(staleAfter('registry.alias.set')).toContain(modelsApi.versions.path)
    expect(staleAfter('registry.alias.set')).toContain(continualApi.loops.path)
    expect(staleAfter('pipelines.step.ended')).toContain(pipelinesApi.runDetail.path)
    expect(staleAfter('pipelines.step.ended')).not.toContain(modelsApi.list.path)
  })
  it('knows that an unknown stage changes only the loop and the clock', () => {
    expect(staleAfter('unheard.of').length).toBe(2)
  })
  it('refreshes whatever pages ask for, except what lasts', () => {
    const source = join(import.meta.dirname, '../..')
    const asked = new Set(
      globSync('**/*.{ts,tsx}', { cwd: source })
        .filter((file) => !file.endsWith('.test.ts'))
        .flatMap((file) => [
          ...readFileSync(join(source, file), 'utf8').matchAll(
            /\b(?:endpointQuery|pagedQuery)\(\s*(\w+Api)\.(\w+)/g,
          ),
        ])
        .map(([, api, route]) => `${api}.${route}`),
    )
    const stages = ['registry', 'data', 'features', 'pipelines', 'serving', 'monitoring']
    const refreshed = new Set(
      [...stages, 'continual', 'identity', 'webhooks', 'delivery', 'tracking'].flatMap((stage) =>
        staleAfter(`${stage}.thing.changed`),
      ),
    )
    const pathOf = (name: string) => {
      const [api = '', route = ''] = name.split('.')
      const apis = contracts as unknown as Record<string, Record<string, { path: string }>>
      return apis[api]?.[route]?.path ?? ''
    }
    expect(asked.size).toBeGreaterThan(50)
    const old = [...asked].filter((name) => !(name in lasting) && !refreshed.has(pathOf(name)))
    expect(old).toEqual([])
    expect(Object.keys(lasting).filter((name) => !asked.has(name))).toEqual([])
  })
})
