import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { JsonValue, StepContract } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import type { RunnableStep, StepContext } from './step.ts'

/** What a step has to report; see the contract's result. */
export interface StepReport {
  outputs: Record<string, JsonValue>
  metrics: Record<string, number | { step: number; value: number }[]>
  params: Record<string, string | number | boolean>
  error?: { message: string; hint?: string }
}
export const emptyReport = (): StepReport => ({ outputs: {}, metrics: {}, params: {} })

/** Reads the contract that KAIZEN_STEP names. */
export function readContract(path: string): StepContract {
  const contract = JSON.parse(readFileSync(path, 'utf8')) as StepContract
  if (contract.contract === 1) return contract
  throw new KaizenError(
    'UNSUPPORTED',
    `the step contract has version ${String(contract.contract)}; this SDK knows version 1`,
    { hint: 'Use the SDK of the server that runs the step.' },
  )
}

/** Writes the result whole or not at all. */
export function writeReport(contract: StepContract, report: StepReport): void {
  const aside = `${contract.resultPath}.part`
  writeFileSync(aside, JSON.stringify(report))
  renameSync(aside, contract.resultPath)
}

/** Runs the code of a step as its contract says and answers what it has to report. */
export async function runStep(step: RunnableStep, contract: StepContract): Promise<StepReport> {
  const report = emptyReport()
  const inputs = Object.fromEntries(
    Object.entries(contract.inputs).map(([name, input]) => [
      name,
      input.kind === 'value' ? input.value : { path: input.path },
    ]),
  )
  const answered = (await step.run(inputs as never, contextOf(contract, report) as never)) as
    | Readonly<Record<string, unknown>>
    | undefined
  for (const [name, output] of Object.entries(contract.outputs)) {
    const given = answered?.[name]
    if (!('path' in output))
      report.outputs[name] = checkedValue(contract.step, name, output.kind, given)
    else if (given !== undefined) await writeFile(output.path, given as Uint8Array | string)
  }
  return report
}

function contextOf(contract: StepContract, report: StepReport): StepContext {
  const paths: Record<string, string> = {}
  for (const [name, output] of Object.entries(contract.outputs))
    if ('path' in output) paths[name] = output.path
  return {
    run: contract.run,
    node: contract.node,
    attempt: contract.attempt,
    seed: contract.seed,
    params: contract.params,
    paths,
    logMetric(name, value, step) {
      if (!Number.isFinite(value))
        throw new KaizenError('STEP_FAILED', `metric "${name}" is ${value}, not a finite number`)
      const known = report.metrics[name]
      if (step === undefined) report.metrics[name] = value
      else if (Array.isArray(known)) known.push({ step, value })
      else report.metrics[name] = [{ step, value }]
    },
    logParam(name, value) {
      report.params[name] = value
    },
  }
}

function checkedValue(step: string, output: string, kind: string, value: unknown): JsonValue {
  const problem =
    kind === 'metric' && !Number.isFinite(value) ? 'is not a finite number' : problemOf(value)
  if (problem === undefined) return value as JsonValue
  throw new KaizenError('STEP_FAILED', `step "${step}": output "${output}" ${problem}`, {
    hint: 'Answer it from run() as plain JSON.',
  })
}

/** Why a value has no JSON form that reads back equal, if so. */
function problemOf(value: unknown): string | undefined {
  if (value === undefined) return 'is missing'
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `holds ${value}`
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return `holds a ${typeof value}`
  if (typeof value !== 'object' || value === null) return undefined
  for (const part of Object.values(value)) {
    const problem = part === undefined ? undefined : problemOf(part)
    if (problem !== undefined) return problem
  }
  return undefined
}
