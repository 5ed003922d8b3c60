import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { RunRecipe } from '@kaizen/contracts'

export interface RestoredCode {
  /** The working tree; null where nothing could be restored. */
  readonly folder: string | null
  /** What was done and found, one sentence each. */
  readonly said: readonly string[]
  /** Takes the working tree away again. */
  readonly remove: () => Promise<void>
}

const git = async (cwd: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('git', [...args], { cwd, maxBuffer: 2 ** 26 })
  return stdout
}

/** Checks the commit of a run out beside the repository, with what differed from it, and holds it against what ran. */
export async function restoreCode(
  { code }: RunRecipe,
  { repository, folder }: { readonly repository: string; readonly folder: string | undefined },
): Promise<RestoredCode> {
  const nothing = (why: string): RestoredCode => ({
    folder: null,
    said: [`Code: not restored into a working tree: ${why}.`],
    remove: async () => undefined,
  })
  const { commit } = code
  // It comes from a tag that anybody may have written, and stands in a command line next.
  if (commit === null || !/^[0-9a-f]{7,64}$/.test(commit)) return nothing('no git commit is known')
  const root = await git(repository, 'rev-parse', '--show-toplevel').catch(() => null)
  if (root === null)
    return nothing(`${repository} is in no git repository; name it by --repository`)
  const known = await git(repository, 'cat-file', '-e', `${commit}^{commit}`).then(
    () => true,
    () => false,
  )
  if (!known) return nothing(`the repository has no commit ${commit.slice(0, 10)}; fetch it first`)
  const parent = folder ?? (await mkdtemp(join(tmpdir(), 'kaizen-reproduce-')))
  const tree = folder ?? join(parent, 'code')
  await git(repository, 'worktree', 'add', '--quiet', '--detach', tree, commit)
  const said = [`Code: commit ${commit.slice(0, 10)} is in ${tree}.`]
  if (code.diff !== null) said.push(await applyDiff(tree, code.diff))
  said.push(...(await comparedWithBundle(tree, code)))
  return {
    folder: tree,
    said,
    async remove() {
      await git(repository, 'worktree', 'remove', '--force', tree)
      if (folder === undefined) await rm(parent, { recursive: true, force: true })
    },
  }
}

async function applyDiff(tree: string, diff: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'kaizen-diff-')), 'changes.patch')
  await writeFile(file, diff)
  try {
    await git(tree, 'apply', '--whitespace=nowarn', file)
    const files = diff.match(/^diff --git /gm)?.length ?? 0
    return `Code: what differed from the commit is applied (${files} ${files === 1 ? 'file' : 'files'}).`
  } catch (failure) {
    const why = String((failure as { readonly stderr?: string }).stderr ?? failure).trim()
    return `Code: what differed from the commit could not be applied: ${why.split('\n')[0]}.`
  } finally {
    await rm(dirname(file), { recursive: true, force: true })
  }
}

/** Whether the files are those that the steps ran from, to the bit. */
async function comparedWithBundle(
  tree: string,
  { bundle, name }: RunRecipe['code'],
): Promise<readonly string[]> {
  if (!bundle) return []
  const project = join(tree, dirname(name ?? 'kaizen.ts'))
  const different: string[] = []
  for (const { path, digest } of bundle.files) {
    const file = join(project, path)
    const within = relative(tree, file)
    const content =
      within.startsWith('..') || isAbsolute(within) ? null : await readFile(file).catch(() => null)
    if (content === null || createHash('sha256').update(content).digest('hex') !== digest) {
      different.push(path)
    }
  }
  const count = bundle.files.length
  return different.length === 0
    ? [`Code: all ${count} files are those that ran, to the bit.`]
    : [
        `Code: ${different.length} of ${count} files are not those that ran: ${different.slice(0, 10).join(', ')}.`,
      ]
}
