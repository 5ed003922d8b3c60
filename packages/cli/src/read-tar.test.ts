import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTar } from './read-tar.ts'

/** An archive by the system's own tar. */
function archive(files: Readonly<Record<string, string>>, ...options: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-tar-'))
  try {
    for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content)
    const names = Object.keys(files)
    return execFileSync('tar', ['--format=ustar', '-cf', '-', ...options, '-C', folder, ...names])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('reads what tar writes', () => {
  const files = { 'a.txt': 'one', empty: '', long: 'x'.repeat(1500) }
  const found = [...readTar(archive(files))].map(([path, content]) => [
    path,
    String(Buffer.from(content)),
  ])
  expect(Object.fromEntries(found)).toEqual(files)
})

it.each(['../a', '/a', 'b/../../a', './a', 'a//b', 'a\\b'])('refuses the path %s', (path) => {
  const bytes = archive({ a: '1' }, '-P', `--transform=s|^a$|${path.replace('\\', '\\\\')}|`)
  expect(() => readTar(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
})

it('refuses an archive that is cut off or damaged', () => {
  const bytes = archive({ a: 'content' })
  for (const length of [0, 100, 512, 600]) {
    expect(() => readTar(bytes.subarray(0, length))).toThrow(/cut off or damaged/)
  }
  bytes[3] = 65
  expect(() => readTar(bytes)).toThrow(/cut off or damaged/)
})
