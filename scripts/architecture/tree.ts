import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Scan, scanImports } from './scan-imports.ts'

/** A text file of the repository; its path is relative to the root and has forward slashes. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

export interface SourceFile extends TextFile, Scan {}

export interface Tree {
  /** Every file that is not ignored; binary ones with no text. */
  readonly files: readonly TextFile[]
  /** The TypeScript ones. */
  readonly sources: readonly SourceFile[]
  readonly emptyFolders: readonly string[]
}

export interface Violation {
  readonly path: string
  readonly line?: number
  /** What is wrong and what to do instead. */
  readonly message: string
}

export interface Rule {
  readonly name: string
  readonly check: (tree: Tree) => Iterable<Violation>
}

export function readTree(root: string): Tree {
  const isIgnored = ignoredNames(readFileSync(join(root, '.gitignore'), 'utf8'))
  const files: TextFile[] = []
  const emptyFolders: string[] = []

  const visit = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true })
    if (entries.length === 0) emptyFolders.push(folder)
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.name === '.git' || isIgnored(entry.name)) continue
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile()) files.push({ path, text: readText(join(root, path)) })
    }
  }
  visit('')

  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  const sources = files
    .filter(({ path }) => /\.tsx?$/.test(path))
    .map((file) => ({ ...file, ...scanImports(file.text) }))
  return { files, sources, emptyFolders }
}

function readText(path: string): string {
  const content = readFileSync(path)
  return content.includes(0) ? '' : content.toString('utf8')
}

/** Our .gitignore holds names only (`dist/`, `*.log`), so that this needs no engine for patterns. */
function ignoredNames(gitignore: string): (name: string) => boolean {
  const patterns = gitignore.split('\n').filter((line) => line.trim() !== '' && line[0] !== '#')
  const odd = patterns.find((pattern) => !/^\*?[\w.-]+\/?$/.test(pattern))
  if (odd !== undefined) throw new Error(`.gitignore: '${odd}' is more than a name or *.extension`)
  const names = new Set(patterns.map((pattern) => pattern.replace(/\/$/, '')))
  const endings = [...names].filter((name) => name.startsWith('*')).map((name) => name.slice(1))
  return (name) => names.has(name) || endings.some((ending) => name.endsWith(ending))
}
