import type { Rule, TextFile, Tree, Violation } from './tree.ts'

const maxLines = 400

/** Files that are longer for a reason; one that has become short must leave the list. */
export const longFiles: Readonly<Record<string, string>> = {}

const wellKnown =
  /^(?:README|LICENSE|CHANGELOG|CONTRIBUTING|SECURITY|NOTICE)(?:\.md)?$|^(?:Makefile|Dockerfile)$/
const kebab = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/
const python = /^(?:__init__|[a-z0-9]+(?:_[a-z0-9]+)*)\.py$/
const vague = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'manager',
  'managers',
])

const doors = /^packages\/(?:[^/]+\/src|(?:platform|ml|contracts)\/src\/[^/]+)\/index\.ts$/

export const fileRules: readonly Rule[] = [
  { name: 'file-size', check: (tree) => fileSize(tree, longFiles) },
  { name: 'kebab-case', check: kebabCase },
  { name: 'vague-name', check: vagueName },
  { name: 'barrel', check: barrel },
  { name: 'empty', check: empty },
]

export function* fileSize(
  { files }: Tree,
  exceptions: Readonly<Record<string, string>>,
): Iterable<Violation> {
  for (const [path, reason] of Object.entries(exceptions)) {
    const file = files.find((each) => each.path === path)
    if (file === undefined || lineCount(file) <= maxLines || reason.trim() === '') {
      yield { path, message: `is listed as a long file and needs to be no more` }
    }
  }
  for (const file of files) {
    if (!/\.(?:tsx?|m?js|py|css|sh)$/.test(file.path) || file.path in exceptions) continue
    const lines = lineCount(file)
    if (lines <= maxLines) continue
    yield { path: file.path, message: `${lines} lines (at most ${maxLines}); split it by noun` }
  }
}

function* kebabCase({ files }: Tree): Iterable<Violation> {
  for (const { path } of files) {
    for (const part of path.split('/')) {
      if (kebab.test(part) || wellKnown.test(part) || python.test(part)) continue
      yield { path, message: `'${part}' is not kebab-case` }
    }
  }
}

function* vagueName({ files }: Tree): Iterable<Violation> {
  for (const { path } of files) {
    const word = path.split(/[/.\-_]/).find((each) => vague.has(each))
    if (word === undefined) continue
    yield { path, message: `'${word}' says nothing; name the file after the one thing it holds` }
  }
}

function* barrel({ sources }: Tree): Iterable<Violation> {
  for (const { path, isBarrel } of sources) {
    if (doors.test(path)) continue
    if (/(?:^|\/)index\.tsx?$/.test(path)) {
      yield {
        path,
        message: 'only a package and a room of platform, ml or contracts have an index.ts',
      }
    } else if (isBarrel) {
      yield { path, message: 'passes on what others export; import those instead' }
    }
  }
}

function* empty({ files, emptyFolders }: Tree): Iterable<Violation> {
  for (const path of emptyFolders) yield { path, message: 'is an empty folder' }
  for (const { path, text } of files) {
    if (
      /(?:^|\/)\.(?:git)?keep$/.test(path) ||
      (/\.(?:tsx?|md)$/.test(path) && text.trim() === '')
    ) {
      yield { path, message: 'is a placeholder; add the file with its contents' }
    }
  }
}

const lineCount = ({ text }: TextFile): number => text.split('\n').length - 1
