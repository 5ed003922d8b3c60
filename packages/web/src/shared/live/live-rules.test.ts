import { continualApi, modelsApi, pipelinesApi } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { staleAfter } from './live-rules.ts'

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
})
