import { describe, expect, it } from 'vitest'
import { pathOfSubject, paths } from './paths.ts'

describe('paths', () => {
  it('escapes names that people choose', () => {
    expect(paths.model('my model/x')).toBe('/models/my%20model%2Fx')
    expect(paths.dataset('bike', 3)).toBe('/data/bike?version=3')
  })
  it('leads from the subject of an event to its page', () => {
    expect(pathOfSubject('endpoint:bike-demand')).toBe('/endpoints/bike-demand')
    expect(pathOfSubject('batch:batch-1')).toBe('/batch-jobs/batch-1')
    expect(pathOfSubject('stream:payments')).toBe('/streams/payments')
    expect(pathOfSubject('ensemble:both')).toBe('/ensembles/both')
    expect(pathOfSubject('pipeline-run:01H')).toBe('/pipeline-runs/01H')
    expect(pathOfSubject('model-version:bike/7')).toBe('/models/bike?version=7')
    expect(pathOfSubject('token:1')).toBeNull()
    expect(pathOfSubject('nonsense')).toBeNull()
  })
})
