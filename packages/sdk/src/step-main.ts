/**
 * The process of a TypeScript step: `node step-main.ts <module> <export>` with KAIZEN_STEP set. Started without
 * arguments it waits, warm, for a message with the same; so a step need not wait for a process to start.
 */
import { isAbsolute } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { KaizenError } from '@kaizen/contracts/errors'
import { isStep, type Step } from './step.ts'
import { resolveFromHere } from './step-imports.ts'
import { emptyReport, readContract, runStep, writeReport } from './step-runtime.ts'

/** What a warm process is told. */
export interface StepAssignment {
  readonly contractPath: string
  readonly cwd: string
  /** What the step's own process would have been given: module and export of a TypeScript step. */
  readonly args: readonly string[]
}

async function load(module: string, exportName: string): Promise<Step> {
  const path = isAbsolute(module) ? module : `${process.cwd()}/${module}`
  const exported = ((await import(pathToFileURL(path).href)) as Record<string, unknown>)[exportName]
  if (isStep(exported)) return exported
  throw new KaizenError('INVALID_MANIFEST', `${module} exports no step named "${exportName}"`, {
    hint: 'Apply the project again; its code has changed since.',
  })
}

/** Tells why in words on the error stream and in the result, for the page of the run. */
function fail(contractPath: string, failure: unknown): void {
  const error = failure instanceof Error ? failure : new Error(String(failure))
  const hint = failure instanceof KaizenError ? failure.hint : undefined
  process.stderr.write(`${error.stack ?? error.message}\n`)
  const told = { message: error.message, ...(hint === undefined ? {} : { hint }) }
  try {
    writeReport(readContract(contractPath), { ...emptyReport(), error: told })
  } catch {
    // Without a readable contract there is nowhere to write; the error stream has the reason.
  }
}

async function work({ contractPath, cwd, args }: StepAssignment): Promise<never> {
  try {
    process.env['KAIZEN_STEP'] = contractPath
    process.chdir(cwd)
    resolveFromHere()
    const contract = readContract(contractPath)
    const [module = '', exportName = ''] = args
    writeReport(contract, await runStep(await load(module, exportName), contract))
    // Whatever the step left open must not keep a finished step alive.
    process.exit(0)
  } catch (failure) {
    fail(contractPath, failure)
    process.exit(1)
  }
}

const contractPath = process.env['KAIZEN_STEP']
if (contractPath !== undefined) {
  await work({ contractPath, cwd: process.cwd(), args: process.argv.slice(2) })
} else {
  process.once('disconnect', () => process.exit(0))
  process.once('message', (assignment) => {
    process.removeAllListeners('disconnect')
    process.disconnect()
    void work(assignment as StepAssignment)
  })
  process.send?.('ready')
}
