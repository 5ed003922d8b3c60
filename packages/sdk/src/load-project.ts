import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KaizenError } from '@kaizen/contracts/errors'
import { isProject, type Project } from './project.ts'
import { resolveFromHere } from './step-imports.ts'

const names = ['kaizen.ts', 'kaizen.mts', 'kaizen.js', 'kaizen.mjs'] as const

/**
 * Evaluates the `kaizen.ts` of a folder, in this process.
 * @throws NOT_FOUND without one, INVALID_MANIFEST when it fails or exports no project by default.
 */
export async function loadProject(folder: string): Promise<Project> {
  const path = await findProjectFile(folder)
  resolveFromHere()
  const module = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    if (cause instanceof KaizenError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new KaizenError('INVALID_MANIFEST', `${path} fails: ${reason}`, { cause })
  })
  const declared = (module as { readonly default?: unknown }).default
  if (isProject(declared)) return declared
  throw new KaizenError('INVALID_MANIFEST', `${path} exports no project`, {
    hint: "End it with: export default project({ name: '…', … }).",
  })
}

async function findProjectFile(folder: string): Promise<string> {
  for (const name of names) {
    const path = resolve(folder, name)
    if ((await stat(path).catch(() => undefined))?.isFile()) return path
  }
  throw new KaizenError('NOT_FOUND', `there is no kaizen.ts in ${resolve(folder)}`, {
    hint: 'Name the folder of a project, or make one with: kaizen init.',
  })
}
