import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { CodeSource, Manifest } from '@kaizen/contracts'
import { keptDiff } from './code-diff.ts'

const answersWithinMs = 10_000
const gitOptions = ['--no-optional-locks', '-c', 'core.quotepath=off']

/**
 * The state of a project's code in git; undefined outside of a repository, before its first commit and where there is no git.
 * @param bundle the project's files: of what git does not know, only these make a difference
 */
export async function codeSource(
  folder: string,
  bundle: Manifest['bundle'],
): Promise<CodeSource | undefined> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', [...gitOptions, ...args], {
      cwd: folder,
      timeout: answersWithinMs,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  }
  try {
    const [commit, prefix, branch, status] = await Promise.all([
      git('rev-parse', '--verify', 'HEAD'),
      git('rev-parse', '--show-prefix'),
      git('symbolic-ref', '--quiet', '--short', 'HEAD').catch(() => ''),
      git('status', '--porcelain=v1', '-z', '--untracked-files=all', '--', '.'),
    ])
    const root = prefix.replace(/\n$/, '')
    const files = new Set(bundle.map(({ path }) => root + path))
    const dirty = isDirty(status, files)
    const text = dirty ? await diffOf(git, bundle, status, root) : ''
    return {
      commit: commit.trim(),
      ...(branch.trim() === '' ? {} : { branch: branch.trim() }),
      dirty,
      name: `${root}kaizen.ts`,
      ...keptDiff(text),
    }
  } catch {
    return undefined
  }
}

/** Whether a status tells of a change to files of the project; others that git does not know are none. */
const isDirty = (status: string, files: ReadonlySet<string>): boolean =>
  status
    .split('\0')
    .filter((entry) => entry !== '')
    .some((entry) => !entry.startsWith('?? ') || files.has(entry.slice(3)))

type Git = (...args: readonly string[]) => Promise<string>

/** What git says of the changes to the project's folder: files that it knows, and those of the bundle that it does not. */
async function diffOf(
  git: Git,
  bundle: Manifest['bundle'],
  status: string,
  root: string,
): Promise<string> {
  const format = ['--no-color', '--no-ext-diff', '--no-textconv', '--full-index', '--binary']
  const known = await git('diff', ...format, 'HEAD', '--', '.')
  const unknown = new Set(
    status
      .split('\0')
      .filter((entry) => entry.startsWith('?? '))
      .map((entry) => entry.slice(3)),
  )
  let text = known
  for (const { path } of bundle) {
    if (!unknown.has(root + path)) continue
    // Ends with 1 because the files differ, which is what is asked about.
    text += await git('diff', ...format, '--no-index', '--', '/dev/null', path).catch(
      (failure: { readonly code?: unknown; readonly stdout?: string }) => {
        if (failure.code === 1 && failure.stdout !== undefined)
          return inRepository(failure.stdout, path, root)
        throw failure
      },
    )
  }
  return text
}

/** `--no-index` names files from where it stands; a patch names them from the root. */
const inRepository = (text: string, path: string, root: string): string =>
  text
    .replace(`diff --git a/${path} b/${path}`, `diff --git a/${root}${path} b/${root}${path}`)
    .replace(`+++ b/${path}`, `+++ b/${root}${path}`)
