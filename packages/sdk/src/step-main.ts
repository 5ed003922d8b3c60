/** The process of a step in TypeScript: `node step-main.ts <module> <export>`, the module relative to its folder. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KaizenError } from '@kaizen/contracts/errors'
import { isStep, type RunnableStep } from './step.ts'
import { resolveFromHere } from './step-imports.ts'
import { runStepProcess } from './step-process.ts'

async function loadStep([module = '', exportName = '']: readonly string[]): Promise<RunnableStep> {
  resolveFromHere()
  const loaded = (await import(pathToFileURL(resolve(module)).href)) as Record<string, unknown>
  const exported = loaded[exportName]
  if (isStep(exported)) return exported
  throw new KaizenError('INVALID_MANIFEST', `${module} exports no step named "${exportName}"`, {
    hint: 'Apply the project again; its code has changed since.',
  })
}

await runStepProcess(loadStep)
