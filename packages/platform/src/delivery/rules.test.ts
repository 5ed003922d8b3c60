import { type Manifest, type ManifestInput, manifest as manifestSchema } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import type { Standing } from './model.ts'
import { checkReferences, keyOf, objectsOf, planChanges } from './rules.ts'

const declare = (parts: Partial<ManifestInput>) =>
  manifestSchema.parse({
    kaizen: 1,
    project: 'p',
    datasets: [],
    pipelines: [],
    endpoints: [],
    monitors: [],
    policies: [],
    bundle: [],
    ...parts,
  })

describe('a project against what is in force', () => {
  const first = declare({
    endpoints: [{ name: 'e', model: 'm' }],
    datasets: [{ name: 'd', rules: [{ column: 'a', min: 0 }] }],
  })

  const keeping = new Set(['dataset', 'endpoint'] as const)
  const asDeclared = (by: Manifest): Map<string, Readonly<Record<string, unknown>>> =>
    new Map(objectsOf(by).map((object) => [keyOf(object), { ...object.declaration }]))
  const plan = (before: Manifest | undefined, after: Manifest, standing: Standing = new Map()) =>
    planChanges({ before, after, keeping, standing })

  it('creates everything the first time', () => {
    expect(plan(undefined, first).map((change) => [change.object, change.kind])).toEqual([
      ['dataset:d', 'create'],
      ['endpoint:e', 'create'],
    ])
  })

  it('keeps what is the same and names the field that differs', () => {
    const second = declare({ datasets: [{ name: 'd', rules: [{ column: 'a', min: 1 }] }] })
    expect(plan(first, second, asDeclared(first))[0]).toEqual({
      object: 'dataset:d',
      kind: 'change',
      fields: [
        { path: 'rules', before: [{ column: 'a', min: 0 }], after: [{ column: 'a', min: 1 }] },
      ],
    })
    expect(plan(first, first, asDeclared(first)).every(({ kind }) => kind === 'keep')).toBe(true)
  })

  it('removes what is declared no more, unless it holds data', () => {
    const watched = declare({
      endpoints: [{ name: 'e', model: 'm' }],
      monitors: [{ name: 'w', endpoint: 'e' }],
    })
    const changes = plan(watched, declare({}), asDeclared(watched))
    expect(changes).toEqual([
      { object: 'endpoint:e', kind: 'release', fields: [], note: 'holds data and stays' },
      { object: 'monitor:w', kind: 'remove', fields: [] },
    ])
    expect(plan(watched, declare({})).map(({ object }) => object)).toEqual(['monitor:w'])
  })

  it('shows what was changed or deleted by hand, and what applying takes over', () => {
    const standing = asDeclared(first)
    standing.set('endpoint:e', { model: 'other' })
    standing.delete('dataset:d')
    expect(plan(first, first, standing)).toEqual([
      { object: 'dataset:d', kind: 'create', fields: [], note: 'was deleted by hand' },
      {
        object: 'endpoint:e',
        kind: 'drifted',
        fields: [{ path: 'model', before: 'other', after: 'm' }],
        note: 'changed by hand since it was applied',
      },
    ])
    const moved = declare({ endpoints: [{ name: 'e', model: 'other' }] })
    expect(plan(first, moved, standing)[0]).toMatchObject({ object: 'endpoint:e', kind: 'keep' })
    expect(plan(undefined, moved, new Map([['endpoint:e', { model: 'm' }]]))[0]).toMatchObject({
      kind: 'change',
      note: expect.stringContaining('taken over'),
      fields: [{ path: 'model', before: 'm', after: 'other' }],
    })
  })

  it('refuses a reference that leads nowhere, a name used twice and a source that is no file of the project', () => {
    expect(() => checkReferences(declare({ monitors: [{ name: 'm', endpoint: 'gone' }] }))).toThrow(
      /endpoint "gone"/,
    )
    expect(() =>
      checkReferences(
        declare({
          endpoints: [
            { name: 'e', model: 'm' },
            { name: 'e', model: 'm' },
          ],
        }),
      ),
    ).toThrow(/twice/)
    expect(() =>
      checkReferences(
        declare({ datasets: [{ name: 'd', source: { path: '../x.csv', format: 'csv' } }] }),
      ),
    ).toThrow(/project's files/)
  })
})
