import { durationMs, type JsonValue, KaizenError } from '@kaizen/contracts'
import type { OnDemandAnswered } from '@kaizen/sdk/on-demand-run'
import type { CodeBundle, ResolvedOnDemand } from '../model.ts'
import type { FeatureFunctions, FunctionLane, FunctionRows } from '../on-demand.ts'
import { FunctionProcess } from './function-process.ts'

export interface ProjectFunctionsOptions {
  /** The folder with the files of a bundle, which are only read. */
  readonly folderOf: (bundle: CodeBundle) => Promise<string>
  /** What processes see of the server's environment. */
  readonly environment: Readonly<Record<string, string>>
}

/** Processes that are kept: those of bundles asked long ago make room. */
const mostProcesses = 8
/** Rows of training come by the thousand: they have this many times as long as a request. */
const trainingTimes = 60

/** Functions of projects in processes of their own, one for requests and one for training of each bundle. */
export class ProjectFunctions implements FeatureFunctions, AsyncDisposable {
  readonly #options: ProjectFunctionsOptions
  readonly #processes = new Map<string, Promise<FunctionProcess>>()

  constructor(options: ProjectFunctionsOptions) {
    this.#options = options
  }

  async compute(
    view: ResolvedOnDemand,
    { columns, at }: FunctionRows,
    lane: FunctionLane,
  ): Promise<readonly (readonly JsonValue[])[]> {
    const { inputs, features, module, export: name, timeout } = view.definition
    const shape = ({ name: of, type }: (typeof inputs)[number] | (typeof features)[number]) => ({
      name: of,
      type,
    })
    const question = {
      module,
      export: name,
      inputs: inputs.map(shape),
      features: features.map(shape),
      columns,
      at,
    }
    const process = await this.#process(view.bundle, lane)
    const timeoutMs = durationMs(timeout) * (lane === 'training' ? trainingTimes : 1)
    const answered = await process.ask(question, timeoutMs).catch((failure: unknown) => {
      throw failure instanceof KaizenError ? named(view, failure) : failure
    })
    if ('columns' in answered) return answered.columns
    throw failureOf(view, answered)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [...this.#processes.values()]
    this.#processes.clear()
    for (const process of processes) (await process.catch(() => undefined))?.close()
  }

  async #process(bundle: CodeBundle, lane: FunctionLane): Promise<FunctionProcess> {
    const key = `${lane}:${bundle.digest}`
    const known = this.#processes.get(key)
    if (known) return known
    await this.#makeRoom()
    const { folderOf, environment } = this.#options
    const made = folderOf(bundle).then((folder) => new FunctionProcess(folder, environment))
    this.#processes.set(key, made)
    made.catch(() => this.#processes.delete(key))
    return made
  }

  async #makeRoom(): Promise<void> {
    if (this.#processes.size < mostProcesses) return
    let oldest: { readonly key: string; readonly process: FunctionProcess } | undefined
    for (const [key, made] of this.#processes) {
      const process = await made
      if (process.isIdle && process.usedAt < (oldest?.process.usedAt ?? Number.POSITIVE_INFINITY))
        oldest = { key, process }
    }
    if (!oldest) return
    this.#processes.delete(oldest.key)
    oldest.process.close()
  }
}

const named = ({ name }: ResolvedOnDemand, { code, message, hint }: KaizenError): KaizenError =>
  new KaizenError(
    code,
    `the on-demand view "${name}": ${message}`,
    hint === undefined ? {} : { hint },
  )

function failureOf(
  { name, version }: ResolvedOnDemand,
  { failure, row, message }: Extract<OnDemandAnswered, { failure: unknown }>,
): KaizenError {
  const where = row === undefined ? '' : `row ${row}: `
  switch (failure) {
    case 'row':
      return new KaizenError(
        'INVALID_REQUEST',
        `the on-demand view "${name}" refuses ${where}${message}`,
        { hint: 'What its function throws refuses a row: send values that it takes.' },
      )
    case 'answer':
      return new KaizenError(
        'STEP_FAILED',
        `version ${version} of the on-demand view "${name}" answers what it does not declare: ${where}${message}`,
        { hint: 'Mend its function, or the types of its features.' },
      )
    case 'load':
      return new KaizenError(
        'STEP_FAILED',
        `version ${version} of the on-demand view "${name}" does not load: ${message}`,
        { hint: 'Mend the module that declares it, and apply the project again.' },
      )
  }
}
