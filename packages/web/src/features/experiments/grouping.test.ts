import { describe, expect, it } from 'vitest'
import { runAt } from '../../../dev/fixture/tracking.ts'
import { groupFieldsOf, groupFilter, groupRuns, readGroupField } from './grouping.ts'
import { readRun } from './wire.ts'

const runs = Array.from({ length: 20 }, (_, number) => readRun(runAt(number)))

describe('groups of runs', () => {
  it('reads a field that can be grouped by', () => {
    expect(readGroupField('params.trees')).toBe('params.trees')
    expect(readGroupField('metrics.mae')).toBeNull()
    expect(groupFieldsOf(runs)).toEqual([
      'params.learning_rate',
      'params.max_leaves',
      'params.target',
      'params.trees',
      'tags.kaizen.pipelineRun',
    ])
  })
  it('counts, means and finds the extremes, runs without the metric aside', () => {
    const groups = groupRuns(runs, 'params.max_leaves', ['metrics.mae'])
    expect(groups.map((group) => group.runs.length)).toEqual([7, 7, 6])
    const group = groups.find((one) => one.value === '63')
    const values = (group?.runs ?? []).flatMap((run) => run.metrics.get('mae') ?? [])
    const mae = group?.metrics.get('mae')
    // Run 11 failed and has no metric.
    expect(mae?.count).toBe((group?.runs.length ?? 0) - 1)
    expect(mae?.least.value).toBe(Math.min(...values))
    expect(mae?.greatest.value).toBe(Math.max(...values))
    expect(mae?.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 10)
  })
  it('keeps runs without a value in a group of their own', () => {
    const groups = groupRuns(runs, 'tags.nothing', ['metrics.none'])
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({ value: null, metrics: new Map() })
  })
  it('writes the filter of a group, quoted as the language wants', () => {
    expect(groupFilter('params.trees', '100', '')).toBe("params.trees = '100'")
    expect(groupFilter('tags.my tag', "it's", 'metrics.mae < 1')).toBe(
      'metrics.mae < 1 AND tags.`my tag` = "it\'s"',
    )
    expect(groupFilter('params.trees', null, '')).toBe('params.trees IS NULL')
    expect(groupFilter('params.trees', `'"`, '')).toBeNull()
    expect(groupFilter('params.`', 'a', '')).toBeNull()
  })
})
