import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ProfileWriter, type TimedRow } from './profile.ts'

const folder = fileURLToPath(new URL('../python', import.meta.url))
const python = `
import json, sys
from kaizen_profile import ProfileWriter
writer = ProfileWriter("device-7", 3600000)
for row in json.load(sys.stdin):
    writer.add(row["at"], row["inputs"], row.get("prediction"))
print(json.dumps(writer.take()))
`

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const text = (row: number): string =>
  ['Lyon', 'Ærø', '𝒵ürich', 'id-'][row % 4]! + (row % 4 === 3 ? row : '')
const rows: readonly TimedRow[] = count(9000).map((row) => ({
  at: 3_600_000 * (row % 2) + row,
  inputs: {
    temp: ((row * 7919) % 4001) / 8 - 100,
    city: text(row),
    few: row % 3,
    flag: row % 5 === 0,
    gap: row % 4 === 0 ? null : row / 3,
    mixed: row % 100 === 99 ? 'n/a' : row,
    ...(row % 2 === 0 && { sometimes: -row }),
    never: null,
  },
  prediction: Math.sin(row),
}))

describe('ProfileWriter', () => {
  it('writes what the Python file writes: sketches to the byte, moments to rounding', async () => {
    const writer = new ProfileWriter({ source: 'device-7', windowMs: 3_600_000 })
    writer.add(rows)
    const ours = writer.take()
    expect(writer.take()).toEqual([])
    const running = promisify(execFile)('python3', ['-B', '-c', python], {
      cwd: folder,
      maxBuffer: 1e8,
    })
    running.child.stdin?.end(JSON.stringify(rows))
    const theirs = JSON.parse((await running).stdout) as typeof ours
    expect(ours.map(({ id }) => id)).toEqual([
      'device-7:0:0-8998:4500',
      'device-7:3600000:3600001-3608999:4500',
    ])
    const momentsOf = (upload: (typeof ours)[number]) =>
      upload.profile.columns.flatMap(({ profile }) =>
        profile.kind === 'numeric' ? [profile.moments] : [],
      )
    for (const [index, upload] of ours.entries()) {
      const other = momentsOf(theirs[index]!)
      for (const [column, moments] of momentsOf(upload).entries())
        for (const [name, value] of Object.entries(moments)) {
          const found = other[column]?.[name as keyof typeof moments]
          if (typeof value !== 'number' || typeof found !== 'number') expect(found).toBe(value)
          else
            expect(Math.abs(found - value)).toBeLessThanOrEqual(
              1e-9 * (1 + moments.m4 ** 0.75 + Math.abs(value)),
            )
        }
    }
    expect(withoutMoments(theirs)).toEqual(withoutMoments(ours))
  }, 30_000)

  it('refuses windows and rows that have no time', () => {
    expect(() => new ProfileWriter({ source: 'x', windowMs: 0 })).toThrow('no length')
    const writer = new ProfileWriter({ source: 'x', windowMs: 10 })
    expect(() => writer.add([{ at: Number.NaN, inputs: {} }])).toThrow('no time')
  })
})

/** Of floating point, and compared for themselves. */
const withoutMoments = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, part) => (key === 'moments' ? undefined : part)))
