import { existsSync } from 'node:fs'
import { cp, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import { Command } from 'commander'
import { exampleText } from '../example-text.ts'
import { print } from '../render.ts'

const workspace = fileURLToPath(new URL('../../../../', import.meta.url))
const template = join(workspace, 'templates/starter')
/** What the template calls the project, where the new one's name goes. */
const placeholder = /my-project/g
const named = ['kaizen.ts', 'package.json', 'README.md'] as const

/** What an editor and the project's own tests resolve; steps find the SDK without it. */
const links: Readonly<Record<string, string>> = {
  '@kaizen/sdk': join(workspace, 'packages/sdk'),
  '@types/node': join(workspace, 'node_modules/@types/node'),
}

interface InitFlags {
  readonly link: boolean
  readonly json: boolean
}

/** `kaizen init`: a project that runs, to change into one's own. */
export const initCommand = (): Command =>
  new Command('init')
    .description('Make a project that runs: data, pipeline, endpoint, monitor, policy and tests.')
    .argument('[folder]', 'an empty or new folder; its name becomes the name of the project', '.')
    .option('--link', 'only link the SDK into the project of the folder', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', exampleText('kaizen init forecast && cd forecast && kaizen run'))
    .action(async (folder: string, flags: InitFlags) => {
      const path = resolve(folder)
      const files = flags.link ? [] : await createProject(path)
      await linkPackages(path)
      const steps = nextSteps(path)
      print(flags.json, { folder: path, files, next: steps }, () =>
        flags.link
          ? `The SDK is linked into ${path}.`
          : [
              `Made a project of ${files.length} files in ${path}.`,
              '',
              ...steps.map((text) => `  ${text}`),
            ].join('\n'),
      )
    })

/**
 * Writes the template's files under the project's name.
 * @returns their paths, sorted
 * @throws ALREADY_EXISTS where the folder holds anything.
 */
async function createProject(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new KaizenError('INVALID_PATH', `the folder ${folder} cannot be made`, {
      hint: 'Name a folder that you may write to.',
      cause,
    })
  })
  const found = await readdir(folder)
  if (found.length > 0) {
    throw new KaizenError(
      'ALREADY_EXISTS',
      `the folder ${folder} is not empty: it holds ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}`,
      { hint: 'Name an empty or a new folder.' },
    )
  }
  const name = projectName(folder)
  await cp(template, folder, { recursive: true, filter: (path) => !isLeftOut(path) })
  for (const file of named) {
    const text = await readFile(join(folder, file), 'utf8')
    await writeFile(join(folder, file), text.replace(placeholder, name))
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()
}

const isLeftOut = (path: string): boolean =>
  ['node_modules', '.kaizen'].includes(basename(path)) && path.startsWith(template)

/** The folder's name as a name of an object: what does not fit becomes a dash. */
function projectName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 128)
  return name === '' ? 'my-project' : name
}

async function linkPackages(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'kaizen.ts'))) {
    throw new KaizenError('NOT_FOUND', `there is no kaizen.ts in ${folder}`, {
      hint: 'Name the folder of a project.',
    })
  }
  for (const [name, target] of Object.entries(links)) {
    const link = join(folder, 'node_modules', name)
    const present = await lstat(link).catch(() => undefined)
    // What a package manager has put there stays.
    if (!existsSync(target) || (present && !present.isSymbolicLink())) continue
    await mkdir(dirname(link), { recursive: true })
    await rm(link, { force: true })
    await symlink(target, link, 'junction')
  }
}

function nextSteps(folder: string): readonly string[] {
  const path = relative(process.cwd(), folder)
  const change = path === '' ? [] : [`cd ${path.startsWith('..') ? folder : path}`]
  return [...change, 'kaizen run', 'npm test']
}
