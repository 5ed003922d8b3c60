import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { CodeSource, Manifest } from '@kaizen/contracts'

const answersWithinMs = 10_000

/**
 * The state of a project's code in git; undefined outside of a repository, before its first commit and where there is no git.
 * @param bundle the project's files: of what git does not know, only these make a difference
 */
export async function codeSource(
  folder: string,
  bundle: Manifest['bundle'],
): Promise<CodeSource | undefined> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', ['--no-optional-locks', ...args], {
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
    return {
      commit: commit.trim(),
      ...(branch.trim() === '' ? {} : { branch: branch.trim() }),
      dirty: isDirty(status, files),
      name: `${root}kaizen.ts`,
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
