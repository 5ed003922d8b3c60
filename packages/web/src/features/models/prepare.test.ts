import type { ModelVersionView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { candidates } from '../../../dev/fixture/loop.ts'
import { versions } from '../../../dev/fixture/models.ts'
import { endpoint } from '../../../dev/fixture/serving.ts'
import { differences } from '../../shared/ui/fields-model.ts'
import { candidateOf, comparable, lineageChain } from './prepare.ts'

const [challenger, champion] = versions as [ModelVersionView, ModelVersionView]

describe('lineage', () => {
  it('leads from data through the run to the endpoint', () => {
    const chain = lineageChain(champion, [endpoint])
    expect(chain.map((column) => column[0]?.kind)).toEqual([
      'Data version',
      'Pipeline run',
      'Model version',
      'Endpoint',
    ])
    expect(chain[3]?.[0]?.detail).toBe('champion: 70 % of traffic')
  })
  it('leaves out what is not known instead of inventing it', () => {
    const alone = lineageChain({ ...champion, lineage: {}, runId: null }, [])
    expect(alone.map((column) => column[0]?.kind)).toEqual(['Model version'])
  })
})

describe('versions', () => {
  it('finds the gate decision that let a version in', () => {
    expect(candidateOf(champion, candidates)?.gate?.passed).toBe(true)
    expect(candidateOf({ ...champion, version: 9999 }, candidates)).toBeUndefined()
    const named = { ...champion, lineage: { candidate: 'candidate-0021' } }
    expect(candidateOf(named, candidates)?.number).toBe(21)
  })
  it('compares by what differs', () => {
    const paths = differences(comparable(champion), comparable(challenger)).map((one) => one.path)
    expect(paths).toContain('digest')
    expect(paths).not.toContain('inputs.temp')
  })
})
