import { describe, expect, it } from 'vitest'
import { RowProfile } from './row-profile.ts'

const rows = Array.from({ length: 400 }, (_, row) => ({
  inputs: {
    temp: row / 4,
    city: row % 3 === 0 ? 'Lyon' : 'Paris',
    ...(row > 300 && { late: row }),
  },
  prediction: row % 2,
}))
const profileOf = (part: typeof rows): RowProfile => {
  const made = new RowProfile()
  made.add(part)
  return made
}

describe('RowProfile', () => {
  it('merged is what the whole is, through its serial form and back', () => {
    const merged = RowProfile.fromJson(
      JSON.parse(JSON.stringify(profileOf(rows.slice(0, 100)).toJson())),
    )
    merged.merge(profileOf(rows.slice(100)))
    const [one, whole] = [merged.toJson(), profileOf(rows).toJson()]
    expect(one.rows).toBe(400)
    expect(one.columns.map(({ name }) => name)).toEqual(['city', 'late', 'temp'])
    const essence = (profile: typeof one) =>
      JSON.parse(
        JSON.stringify(profile, (key, value) => (/^(random|m[234])$/.test(key) ? null : value)),
      )
    expect(essence(one)).toEqual(essence(whole))
  })

  it('counts what is of another type as mistyped, also in a merge, and leaves the other alone', () => {
    const mixed = new RowProfile()
    mixed.add([{ inputs: { x: null } }, { inputs: { x: 1 } }, { inputs: { x: 'n/a' } }])
    const words = new RowProfile()
    words.add([{ inputs: { x: 'a' } }, { inputs: { x: '' } }, { inputs: { x: 'b' } }])
    const before = JSON.stringify(words.toJson())
    mixed.merge(words)
    expect(mixed.toJson()).toMatchObject({ rows: 6, columns: [{ name: 'x', mistyped: 3 }] })
    expect(JSON.stringify(words.toJson())).toBe(before)
    const untouched = new RowProfile()
    untouched.add([{ inputs: { x: null } }])
    expect(untouched.toJson()).toMatchObject({ rows: 1, columns: [], prediction: null })
  })

  it('refuses another version', () => {
    const form = { ...profileOf(rows).toJson(), version: 2 as never }
    expect(() => RowProfile.fromJson(form)).toThrow('no profile of rows of version 1')
  })
})
