import { describe, expect, it } from 'vitest'
import { candidates, loop } from '../../../dev/fixture/loop.ts'
import { alerts } from '../../../dev/fixture/monitoring.ts'
import { ageWords, needsOf, progressOf, rolloutWords, stageHref, stageOfEvent } from './prepare.ts'

describe('what needs a person', () => {
  it('is nothing when all is well', () => {
    const calm = {
      ...loop,
      stages: loop.stages.map((stage) => ({ ...stage, state: 'ok' as const })),
    }
    expect(needsOf([calm], [])).toEqual([])
  })
  it('puts failures before warnings, and does not say an alert twice', () => {
    const stages = loop.stages.map((stage) =>
      stage.stage === 'training' ? { ...stage, state: 'failed' as const } : stage,
    )
    const open = alerts.filter((alert) => alert.state === 'open')
    const needs = needsOf([{ ...loop, stages }], open)
    expect(needs.map((need) => need.tone)).toEqual(['failed', 'attention'])
    expect(needs[0]?.title).toBe('bike-loop: training')
    expect(needs[1]?.text).toContain('PSI of temp')
  })
  it('names a frozen loop and leads to the decision that froze it', () => {
    const [need] = needsOf([{ ...loop, state: 'frozen', stages: [] }], [])
    expect(need?.title).toBe('bike-loop is frozen')
    expect(need?.href).toMatch(/^\/decisions\//)
  })
})

describe('stages', () => {
  it('maps events to the stage that they move', () => {
    expect(stageOfEvent('serving.route.set')).toBe('deployment')
    expect(stageOfEvent('serving.feedback.recorded')).toBe('feedback')
    expect(stageOfEvent('pipelines.step.ended')).toBe('training')
    expect(stageOfEvent('identity.token.created')).toBeNull()
  })
  it('does not claim that nothing happened where there is a number', () => {
    const stage = { ...loop.stages[0], last: null } as (typeof loop.stages)[number]
    expect(ageWords(stage, loop.now)).toBe('')
    expect(ageWords({ ...stage, value: null }, loop.now)).toBe('nothing yet')
  })
  it('leads to the object of a stage before anything has happened', () => {
    const stage = { ...loop.stages[0], last: null } as (typeof loop.stages)[number]
    expect(stageHref(loop, stage)).toBe('/data/bike-hours')
  })
})

describe('candidate', () => {
  it('shows how far it has come, and nothing after its end', () => {
    const [running] = candidates
    expect(running && progressOf(running)?.map((step) => step.state)).toEqual([
      'done',
      'done',
      'done',
      'done',
      'now',
    ])
    expect(running && progressOf(running)?.map((step) => step.label)).toEqual([
      'collect',
      'train',
      'evaluate',
      'refit',
      'roll out',
    ])
    expect(running && progressOf({ ...running, state: 'rejected' })).toBeNull()
  })
  it('puts the rollout into words', () => {
    expect(rolloutWords(candidates[0]?.rollout ?? null)).toBe('canary 30 % for 12h, step 2 of 2')
    expect(rolloutWords(null)).toBeNull()
  })
})
