import { type ManifestInput, manifest as manifestSchema } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { checkReferences, diffManifests } from './rules.ts'

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

  it('creates everything the first time', () => {
    expect(diffManifests(undefined, first).map((change) => [change.object, change.kind])).toEqual([
      ['dataset:d', 'create'],
      ['endpoint:e', 'create'],
    ])
  })

  it('keeps what is the same, names the field that differs, and removes what is gone', () => {
    const second = declare({ datasets: [{ name: 'd', rules: [{ column: 'a', min: 1 }] }] })
    expect(diffManifests(first, second)).toEqual([
      {
        object: 'dataset:d',
        kind: 'change',
        fields: [
          { path: 'rules', before: [{ column: 'a', min: 0 }], after: [{ column: 'a', min: 1 }] },
        ],
      },
      { object: 'endpoint:e', kind: 'remove', fields: [] },
    ])
    expect(diffManifests(first, first).every((change) => change.kind === 'keep')).toBe(true)
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
