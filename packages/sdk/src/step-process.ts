/**
 * The main of a process that runs one step: with KAIZEN_STEP set it runs it at once; started without, it waits,
 * warm, for a message that says which, so that a step need not wait for a process to start.
 */
import process from 'node:process'
import { KaizenError } from '@kaizen/contracts/errors'
import type { RunnableStep } from './step.ts'
import { emptyReport, readContract, runStep, writeReport } from './step-runtime.ts'

/** What a waiting process is told. */
export interface StepAssignment {
  readonly contractPath: string
  readonly cwd: string
  /** Arguments that a process of its own would have been started with. */
  readonly args: readonly string[]
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>
}

/** What a process that stays says when a step has succeeded. */
export interface StepDone {
  /** The contract that is fulfilled. */
  readonly done: string
}

/** What a process that stays prints after a step; a path holds no NUL, so no step's own line looks like it. */
export const endMark = (contractPath: string): string => `\0${contractPath}\0`

export type LoadStep = (args: readonly string[]) => Promise<RunnableStep>

export interface StepProcessOptions {
  /** Done while it waits. */
  readonly warmUp?: () => Promise<void>
  /** Whether it waits again after a step that succeeded; only for steps that leave nothing behind. */
  readonly stays?: boolean
}

/**
 * Runs the step that `load` finds and ends the process: with status 0 when its result is written, else 1. A process
 * that stays tells its server of a success instead, and waits for the next step.
 */
export async function runStepProcess(
  load: LoadStep,
  { warmUp, stays = false }: StepProcessOptions = {},
): Promise<void> {
  const contractPath = process.env['KAIZEN_STEP']
  if (contractPath !== undefined) {
    await work(load, { contractPath, cwd: process.cwd(), args: process.argv.slice(2), env: {} })
    process.exit(0)
  }
  // The server that warmed this process has ended.
  process.once('disconnect', () => process.exit(0))
  if (stays) {
    process.on('message', (assignment) => void workAndStay(load, assignment as StepAssignment))
  } else {
    process.once('message', (assignment) => {
      process.removeAllListeners('disconnect')
      process.disconnect()
      // Whatever the step left open must not keep a finished step alive.
      void work(load, assignment as StepAssignment).then(() => process.exit(0))
    })
  }
  // What fails here fails again in the step, where it is told.
  await warmUp?.().catch(() => undefined)
}

async function work(load: LoadStep, { contractPath, cwd, args, env }: StepAssignment) {
  try {
    Object.assign(process.env, env, { KAIZEN_STEP: contractPath })
    process.chdir(cwd)
    const contract = readContract(contractPath)
    writeReport(contract, await runStep(await load(args), contract))
  } catch (failure) {
    tellFailure(contractPath, failure)
    process.exit(1)
  }
}

/** The end of what a step printed is marked on both streams: the next step's words follow on the same ones. */
async function workAndStay(load: LoadStep, assignment: StepAssignment): Promise<void> {
  await work(load, assignment)
  const mark = endMark(assignment.contractPath)
  await Promise.all([written(process.stdout, mark), written(process.stderr, mark)])
  const done: StepDone = { done: assignment.contractPath }
  // Nobody hears it once the server has ended, which is no fault of this process.
  process.send?.(done, undefined, undefined, () => undefined)
}

const written = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => stream.write(text, () => resolve()))

/** Says why in words on the error stream, and in the result for the page of the run. */
function tellFailure(contractPath: string, failure: unknown): void {
  const error = failure instanceof Error ? failure : new Error(String(failure))
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  process.stderr.write(`${error instanceof KaizenError ? error.message : (error.stack ?? error)}\n`)
  const told = { message: error.message, ...(hint === undefined ? {} : { hint }) }
  try {
    writeReport(readContract(contractPath), { ...emptyReport(), error: told })
  } catch {
    // Without a readable contract there is nowhere to write; the error stream has the reason.
  }
}
