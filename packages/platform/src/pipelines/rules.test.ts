import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CacheEntry, CacheParts, StepNode } from './model.ts'
import {
  afterFailure,
  cacheKeyOf,
  cacheOff,
  checkDeclaration,
  completeParams,
  dependenciesOf,
  findCycle,
  missReason,
} from './rules.ts'
import { complete, type DeclarationInput, graph, shell } from './test-pipelines.ts'

const node = (id: string, needs: readonly string[], after: readonly string[] = []): StepNode =>
  complete(
    graph('g', [
      shell(id, 'true', {
        inputs: Object.fromEntries(
          needs.map((need) => [need, { from: 'node', node: need, output: 'x' }]),
        ),
        outputs: { x: 'value' },
        after: [...after],
      }),
    ]),
  ).nodes[0] as StepNode

describe('checkDeclaration', () => {
  const sound = graph(
    'g',
    [
      shell('a', 'true', {
        inputs: { p: { from: 'param', name: 'p' } },
        outputs: { x: 'value' },
      }),
      shell('b', 'true', { inputs: { x: { from: 'node', node: 'a', output: 'x' } } }),
    ],
    { params: { p: { type: 'number' } }, outputs: { x: { node: 'a', output: 'x' } } },
  )
  const changed = (change: (declaration: DeclarationInput) => void): DeclarationInput => {
    const copy = structuredClone(sound)
    change(copy)
    return copy
  }

  it('accepts a graph whose references lead somewhere', () => {
    expect(() => checkDeclaration(complete(sound))).not.toThrow()
  })

  it.each<[string, (declaration: DeclarationInput) => void]>([
    ['two nodes have the same id', (d) => d.nodes.push(shell('a', 'true'))],
    ['refers to the node "z"', (d) => (d.outputs = { x: { node: 'z', output: 'x' } })],
    ['which has none of that name', (d) => (d.outputs = { x: { node: 'a', output: 'y' } })],
    ['refers to the parameter "p"', (d) => (d.params = {})],
    ['comes after "z"', (d) => d.nodes.push(shell('c', 'true', { after: ['z'] }))],
    [
      '"../../x" is no name',
      (d) => d.nodes.push(shell('c', 'true', { outputs: { '../../x': 'file' } })),
    ],
    [
      'wait for each other: c → d → c',
      (d) =>
        d.nodes.push(shell('c', 'true', { after: ['d'] }), shell('d', 'true', { after: ['c'] })),
    ],
    [
      'refers to the parameter "q"',
      (d) =>
        d.nodes.push(
          shell('c', 'true', {
            inputs: {
              rows: { from: 'dataset', dataset: 'r', windowTo: { from: 'param', name: 'q' } },
            },
          }),
        ),
    ],
  ])('%s', (message, change) => {
    expect(() => checkDeclaration(complete(changed(change)))).toThrow(message)
  })
})

describe('findCycle', () => {
  it('finds a circle exactly when there is one', () => {
    const edges = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 20 })
    fc.assert(
      fc.property(edges, (pairs) => {
        const needs = (id: number) =>
          pairs.filter(([from]) => from === id).map(([, to]) => `n${to}`)
        const nodes = Array.from({ length: 10 }, (_, id) => node(`n${id}`, needs(id)))
        // Kahn's algorithm: what can be taken away, node by node, has no circle.
        const left = new Map(nodes.map((one) => [one.id, new Set(dependenciesOf(one))]))
        for (let taken = true; taken; ) {
          const free = [...left].filter(([, open]) => [...open].every((need) => !left.has(need)))
          for (const [id] of free) left.delete(id)
          taken = free.length > 0
        }
        const circle = findCycle(nodes)
        expect(circle !== undefined).toBe(left.size > 0)
        circle?.slice(1).forEach((need, index) => {
          expect(needs(Number(circle[index]?.slice(1)))).toContain(need)
        })
        if (circle) expect(circle[0]).toBe(circle.at(-1))
      }),
      { numRuns: 200 },
    )
  })

  it('takes a long chain without running out of stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({
      ...node('x', []),
      id: `n${i}`,
      after: i < 9999 ? [`n${i + 1}`] : [],
    }))
    expect(findCycle(chain)).toBeUndefined()
  })
})

describe('the cache', () => {
  const parts: CacheParts = {
    step: 'fit',
    code: 'c1',
    inputs: { rows: 'd1', rate: 'd2' },
    outputs: { model: 'model' },
    seed: 0,
    environment: { node: 'v24.0.0', platform: 'linux-x64' },
  }
  const entry: CacheEntry = {
    key: cacheKeyOf(parts),
    pipeline: 'p',
    node: 'fit',
    run: 'run_1',
    parts,
    outputs: {},
    createdAt: 0,
  }

  it.each<[Partial<CacheParts>, string]>([
    [{ code: 'c2' }, 'its code changed'],
    [{ inputs: { rows: 'd9', rate: 'd2' } }, 'input "rows" changed'],
    [{ inputs: { rows: 'd1' } }, 'input "rate" changed'],
    [{ seed: 4 }, 'the seed changed from 0 to 4'],
    [
      { environment: { node: 'v25.0.0', platform: 'linux-x64' } },
      'node changed from v24.0.0 to v25.0.0',
    ],
    [{ outputs: { model: 'file' } }, 'its outputs changed'],
    [
      { code: 'c2', inputs: { rows: 'd9', rate: 'd3' } },
      'its code changed, input "rate" changed, input "rows" changed',
    ],
  ])('has another key for %j, and says why', (change, words) => {
    const now = { ...parts, ...change }
    expect(cacheKeyOf(now)).not.toBe(entry.key)
    expect(missReason(now, entry)).toBe(`miss: ${words} since run run_1`)
  })

  it('is not asked for what must run again', () => {
    const made = { ...node('a', []), cache: true }
    expect(cacheOff(made, { cache: true })).toBeUndefined()
    expect(cacheOff(made, { cache: false })).toContain('started without the cache')
    expect(cacheOff({ ...made, cache: false }, { cache: true })).toContain('cache: false')
    expect(cacheOff({ ...made, outputs: {} }, { cache: true })).toContain('only effects')
  })

  it('has the same key whatever the order of names', () => {
    expect(cacheKeyOf({ ...parts, inputs: { rate: 'd2', rows: 'd1' } })).toBe(entry.key)
    expect(missReason(parts, undefined)).toBe('miss: this step has not run before')
  })
})

describe('retries', () => {
  it('pause twice as long each time, an hour at most, and end', () => {
    const retry = { max: 20, backoff: '1s' }
    const next = (attempt: number) => afterFailure(retry, attempt)
    expect([1, 2, 3].map(next)).toEqual(
      [1000, 2000, 4000].map((pauseMs) => ({ kind: 'retry', pauseMs })),
    )
    expect(next(20)).toEqual({ kind: 'retry', pauseMs: 3_600_000 })
    expect(next(21)).toEqual({ kind: 'fail' })
    expect(afterFailure({ max: 0, backoff: '1s' }, 1)).toEqual({ kind: 'fail' })
  })
})

describe('completeParams', () => {
  const declaration = complete(
    graph('g', [], {
      params: {
        at: { type: 'timestamp' },
        n: { type: 'integer', default: -1 },
        list: { type: 'json', default: [1] },
      },
    }),
  )
  it('fills in defaults and refuses other types', () => {
    expect(completeParams(declaration, { at: 5 })).toEqual({ at: 5, n: -1, list: [1] })
    expect(() => completeParams(declaration, { at: -1 })).toThrow(
      'expected milliseconds since 1970',
    )
    expect(() => completeParams(declaration, { at: 5, n: 1.5 })).toThrow(
      '"n" is 1.5; expected an integer',
    )
  })
})
