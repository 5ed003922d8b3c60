import { fileURLToPath } from 'node:url'
import type { TensorSpec } from '@kaizen/contracts'
import type { LoadedModel } from '../model.ts'
import { PrintedLines } from './printed-lines.ts'
import { PythonModel } from './python-model.ts'
import type { PythonRuntime } from './python-runtime.ts'

/** A function of a project that makes tensors of tensors. */
export interface CodeStep {
  readonly name: string
  readonly language: 'typescript' | 'python'
  /** The project's files, which are only read. */
  readonly folder: string
  /** A file of the folder, and what it exports. */
  readonly path: string
  readonly function: string
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly timeoutMs: number
  readonly processes: number
}

export interface CodeStepsOptions {
  readonly python: Pick<PythonRuntime, 'interpreterFor'>
  /** What processes see of the server's environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

const startTimeoutMs = 60_000
const maxPending = 256
const pingEveryMs = 5000
const heapMb = 1024

/** Runs functions of projects, each in processes of its own, with the limits and restarts of Python models. */
export class CodeSteps {
  readonly #options: CodeStepsOptions

  constructor(options: CodeStepsOptions) {
    this.#options = options
  }

  /** @throws INVALID_MODEL when it does not load, UNSUPPORTED, TIMEOUT */
  async open(step: CodeStep): Promise<LoadedModel> {
    const { environment, log } = this.#options
    const plain = (specs: readonly TensorSpec[]) =>
      specs.map((spec) => ({ ...spec, kind: 'plain' as const }))
    return PythonModel.open({
      ...(await this.#command(step)),
      platform: `kaizen_${step.language}`,
      noun: `the step "${step.name}"`,
      title: `the process of the step "${step.name}"`,
      environment: { OMP_NUM_THREADS: '1', ...environment },
      folder: step.folder,
      description: {
        plan: {
          kind: step.language === 'python' ? 'function' : 'typescript',
          form: 'tensors',
          code: [],
          path: step.path,
          function: step.function,
        },
        inputs: plain(step.inputs),
        outputs: plain(step.outputs),
      },
      processes: step.processes,
      maxPending,
      startTimeoutMs,
      pingEveryMs,
      runTimeoutMs: step.timeoutMs,
      log,
      printed: new PrintedLines(log, () => performance.now()),
      release: async () => undefined,
    })
  }

  async #command({ language, folder }: CodeStep) {
    if (language === 'python')
      return { interpreter: await this.#options.python.interpreterFor(folder) }
    const main = fileURLToPath(import.meta.resolve('@kaizen/sdk/serving-step-main'))
    return { interpreter: process.execPath, argv: [`--max-old-space-size=${heapMb}`, main] }
  }
}
