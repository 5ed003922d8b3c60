import { describe, expect, it } from 'vitest'
import { checkBundlePaths } from './bundle-folders.ts'

const files = (...paths: string[]) =>
  paths.map((path) => ({ path, digest: '0'.repeat(64), sizeBytes: 0 }))

describe('checkBundlePaths', () => {
  it('accepts paths that stay inside', () => {
    expect(() => checkBundlePaths(files('a', 'b/c.ts', 'b/d/e', '..f', 'g..'))).not.toThrow()
  })

  it.each([
    ['../a'],
    ['a/../../b'],
    ['/etc/passwd'],
    ['a//b'],
    ['./a'],
    ['a\\..\\b'],
    ['C:/a'],
    ['a\0b'],
    ['a/'],
    [''],
  ])('refuses %j', (path) => {
    expect(() => checkBundlePaths(files(path))).toThrow('the bundle holds the path')
  })

  it('refuses a path twice, and a file that is a folder', () => {
    expect(() => checkBundlePaths(files('a', 'a'))).toThrow('the bundle holds the path "a"')
    expect(() => checkBundlePaths(files('a/b/c', 'a'))).toThrow('a as a file and as a folder')
  })
})
