import { describe, expect, it } from 'vitest'
import { runEntries, runFilter, traceEntries, traceFilter } from './palette-runs.ts'

const id = 'ab'.repeat(16)

describe('runs in the search', () => {
  it('are asked for by the beginning of their name, once it says something', () => {
    expect(runFilter(' train-000 ')).toBe("attributes.run_name ILIKE 'train-000%'")
    expect(runFilter('tr')).toBeUndefined()
  })
  it('never let a text end its quotes or be a wildcard', () => {
    expect(runFilter("a' OR 1=1 --%_")).toBe("attributes.run_name ILIKE 'a OR 1=1 --%'")
    expect(runFilter("''%%")).toBeUndefined()
  })
  it('are told from traces, which are found the same ways', () => {
    const trace = `tr-${id}`
    expect(traceFilter("ans'wer")).toBe("attributes.name ILIKE 'answer%'")
    expect([traceFilter(trace), runFilter(trace), traceFilter(id)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(traceEntries(trace, [])).toEqual([
      { label: trace, kind: 'Trace', icon: 'experiments', href: `/traces/${trace}` },
    ])
    expect(traceEntries('tr', [])).toEqual([])
  })
  it('are found by their id without asking', () => {
    expect(runFilter(id)).toBeUndefined()
    expect(runEntries(id, [])).toMatchObject([{ label: id, kind: 'Run', href: `/runs/${id}` }])
    expect(runEntries('x', [{ info: { run_id: id } }])).toMatchObject([{ label: id }])
  })
})
