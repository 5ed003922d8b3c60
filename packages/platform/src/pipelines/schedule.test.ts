import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schedule, type ScheduledNode } from './schedule.ts'

/** Graphs without circles: a node depends only on nodes of lower number; then shuffled. */
const graphs = fc
  .array(fc.array(fc.nat({ max: 1000 }), { maxLength: 4 }), { maxLength: 40 })
  .chain((edges) => {
    const nodes: ScheduledNode[] = edges.map((targets, index) => ({
      id: `n${index}`,
      dependsOn: index === 0 ? [] : targets.map((target) => `n${target % index}`),
    }))
    return fc.shuffledSubarray(nodes, { minLength: nodes.length, maxLength: nodes.length })
  })

/** Runs a schedule to its end; `pick` says which of the running ends next, `fails` whether it fails. */
function drive(
  nodes: readonly ScheduledNode[],
  choices: { readonly pick: () => number; readonly fails: (id: string) => boolean },
  finished = new Set<string>(),
) {
  const schedule = new Schedule(nodes, finished)
  const dependencies = new Map(nodes.map(({ id, dependsOn }) => [id, dependsOn]))
  const succeeded = new Set(finished)
  const started: string[] = []
  const running: string[] = []
  let failed = false
  for (let round = 0; ; round++) {
    expect(round).toBeLessThanOrEqual(2 * nodes.length + 1)
    for (const id of schedule.take()) {
      expect(failed, 'nothing starts after a failure').toBe(false)
      expect(started, 'no node starts twice').not.toContain(id)
      expect([...(dependencies.get(id) ?? [])].every((needed) => succeeded.has(needed))).toBe(true)
      started.push(id)
      running.push(id)
    }
    if (running.length === 0) break
    expect(schedule.outcome).toBeUndefined()
    const [id = ''] = running.splice(choices.pick() % running.length, 1)
    const fails = choices.fails(id)
    failed ||= fails
    if (!fails) succeeded.add(id)
    schedule.end(id, fails ? 'failed' : 'succeeded')
  }
  return { started, succeeded, outcome: schedule.outcome }
}

describe('Schedule', () => {
  it('starts every node once, never before what it depends on, and ends', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), (nodes, picks) => {
        const pick = () => picks.next().value ?? 0
        const { started, outcome } = drive(nodes, { pick, fails: () => false })
        expect(outcome).toBe('succeeded')
        expect(new Set(started)).toEqual(new Set(nodes.map(({ id }) => id)))
      }),
    )
  })

  it('ends as failed when anything fails, with nothing started after', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), fc.nat(), (nodes, picks, unlucky) => {
        fc.pre(nodes.length > 0)
        const victim = nodes[unlucky % nodes.length]?.id
        const pick = () => picks.next().value ?? 0
        expect(drive(nodes, { pick, fails: (id) => id === victim }).outcome).toBe('failed')
      }),
    )
  })

  it('taken up again after any crash, runs exactly what had not succeeded', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), fc.nat(), (nodes, picks, crash) => {
        const pick = () => picks.next().value ?? 0
        const { started } = drive(nodes, { pick, fails: () => false })
        // What had succeeded by then: a prefix of some order in which they ended.
        const before = new Set(started.slice(0, crash % (started.length + 1)))
        const closed = new Set(
          [...before].filter((id) => {
            const needed = nodes.find((node) => node.id === id)?.dependsOn ?? []
            return needed.every((dependency) => before.has(dependency))
          }),
        )
        const resumed = drive(nodes, { pick, fails: () => false }, closed)
        expect(resumed.outcome).toBe('succeeded')
        expect(resumed.started.some((id) => closed.has(id))).toBe(false)
        expect(resumed.started.length + closed.size).toBe(nodes.length)
      }),
    )
  })

  it('is not over before it has begun, unless it is empty', () => {
    expect(new Schedule([]).outcome).toBe('succeeded')
    expect(new Schedule([{ id: 'a', dependsOn: [] }]).outcome).toBeUndefined()
    expect(() => new Schedule([{ id: 'a', dependsOn: [] }]).end('a', 'failed')).toThrow(RangeError)
  })
})
