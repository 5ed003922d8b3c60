import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Behaviour, MemoryExecutor } from './execution/memory-executor.ts'
import type { StepNode } from './model.ts'
import { dependenciesOf } from './rules.ts'
import {
  complete,
  type DeclarationInput,
  ended,
  graph,
  shell,
  tester,
  testPipelines,
} from './test-pipelines.ts'

/** Random graphs: each node takes outputs of nodes before it; every node has code of its own. */
const graphs = fc
  .array(fc.array(fc.nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((edges) =>
    graph(
      'random',
      edges.map((targets, index) => {
        const needs = index === 0 ? [] : [...new Set(targets.map((target) => target % index))]
        return shell(`n${index}`, `${index}`, {
          outputs: { x: 'value' },
          inputs: Object.fromEntries(
            needs.map((need) => [`i${need}`, { from: 'node', node: `n${need}`, output: 'x' }]),
          ),
          retry: { max: 2, backoff: '1ms' },
        })
      }),
    ),
  )

/** Runs a graph in one life of a server, or until `stop` attempts have begun; answers what was seen. */
async function live(
  folder: string,
  declaration: DeclarationInput,
  options: { readonly fails: (node: string, attempt: number) => boolean; readonly stop?: number },
  resumed?: string,
) {
  let attempts = 0
  const reached = Promise.withResolvers<void>()
  const executor = new MemoryExecutor(({ node, attempt }): Behaviour => {
    attempts++
    if (options.stop !== undefined && attempts >= options.stop) {
      reached.resolve()
      return 'hangs'
    }
    return options.fails(node, attempt) ? 'fails' : 'succeeds'
  })
  await using test = await testPipelines({ folder, executor })
  let id = resumed
  if (id === undefined) {
    await test.declare(declaration)
    id = (await test.pipelines.start(tester, 'random', { trigger: 'test' })).id
  }
  const end = ended(test.pipelines, id)
  await (options.stop === undefined ? end : Promise.race([end, reached.promise]))
  await test.jobs[Symbol.asyncDispose]()
  return { id, run: await test.pipelines.get(id), executor }
}

/** No attempt began before all that its node needs had succeeded, in this life or one before. */
function checkOrder(
  declaration: DeclarationInput,
  executor: MemoryExecutor,
  before: readonly string[],
): void {
  const nodes = new Map(complete(declaration).nodes.map((node) => [node.id, node]))
  for (const { node, after } of executor.started) {
    const known = new Set([...before, ...after])
    for (const need of dependenciesOf(nodes.get(node) as StepNode)) expect(known).toContain(need)
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-random-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
const settings = { numRuns: 12, endOnFailure: true }

describe('runs of random graphs', () => {
  it('end, whatever fails how often', async () => {
    const unlucky = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.integer({ min: 1, max: 4 })))
    await fc.assert(
      fc.asyncProperty(graphs, unlucky, (declaration, failures) =>
        inFolder(async (folder) => {
          const lastFailure = new Map(failures.map(([node, attempt]) => [`n${node}`, attempt]))
          const fails = (node: string, attempt: number) => attempt <= (lastFailure.get(node) ?? 0)
          const { run, executor } = await live(folder, declaration, { fails })
          checkOrder(declaration, executor, [])
          const lost = declaration.nodes.some(({ id }) => (lastFailure.get(id) ?? 0) > 2)
          expect(run.state).toBe(lost ? 'failed' : 'succeeded')
          for (const { node, state, attempt } of run.stepRuns) {
            expect(['succeeded', 'failed', 'skipped']).toContain(state)
            if (state === 'succeeded') expect(attempt).toBe((lastFailure.get(node) ?? 0) + 1)
          }
        }),
      ),
      settings,
    )
  })

  it('go on after a stop at any moment, and run nothing again that had ended', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 12 }), (declaration, stop) =>
        inFolder(async (folder) => {
          const fails = () => false
          const first = await live(folder, declaration, { fails, stop })
          const before = first.executor.succeeded
          const { run, executor } = await live(folder, declaration, { fails }, first.id)
          checkOrder(declaration, executor, before)
          expect(run.state).toBe('succeeded')
          const again = executor.started.filter(({ node }) => before.includes(node))
          expect(again).toEqual([])
          expect(new Set([...before, ...executor.succeeded]).size).toBe(declaration.nodes.length)
          expect(executor.started.every(({ attempt }) => attempt === 1)).toBe(true)
        }),
      ),
      settings,
    )
  })
})
