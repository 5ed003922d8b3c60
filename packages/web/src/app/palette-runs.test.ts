import { describe, expect, it } from 'vitest'
import { runEntries, runFilter } from './palette-runs.ts'

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
  it('are found by their id without asking', () => {
    expect(runFilter(id)).toBeUndefined()
    expect(runEntries(id, [])).toMatchObject([{ label: id, kind: 'Run', href: `/runs/${id}` }])
    expect(runEntries('x', [{ info: { run_id: id } }])).toMatchObject([{ label: id }])
  })
})
