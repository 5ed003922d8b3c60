import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import type { StepBody, StepContract } from '@kaizen/contracts'
import type { BlobStore } from '../../storage/index.ts'
import { aborted } from '../aborted.ts'
import { BundleFolders } from '../bundle-folders.ts'
import { type BuiltinStep, isFileKind } from '../model.ts'
import { programVersion } from '../program-version.ts'
import type { RunningStep, StepExecutor, StepOutput, StepSpec } from './executor.ts'
import { InputGuard } from './input-guard.ts'
import { LocalStep, type StepFolder } from './local-step.ts'
import { endGroup, startMark } from './process-group.ts'
import { Slots } from './slots.ts'
import { SpareProcesses } from './spare-processes.ts'
import { commandOf, type StepCommand, stepEnvironment } from './step-command.ts'
import type { OutputLimits } from './step-outputs.ts'

export interface LocalExecutorOptions {
  readonly blobs: BlobStore
  /** A folder of its own for bundles and for what steps work on. */
  readonly folder: string
  readonly builtins: Readonly<Record<string, BuiltinStep>>
  /** Steps that run at once; one a processor unless told. */
  readonly concurrency?: number
  /** Variables that steps get besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>
  /** Between SIGTERM and SIGKILL; 5 s unless told. */
  readonly graceMs?: number
  readonly limits?: Partial<OutputLimits>
}

const defaultLimits: OutputLimits = { maxFileBytes: 64 * 1024 ** 3, maxResultBytes: 16 * 1024 ** 2 }

interface LocalHandle {
  readonly pid: number
  /** Of the process, so that a pid that was given away is not mistaken for it. */
  readonly mark: string
}

/** Runs steps as processes of this machine, each the leader of a group of its own. */
export async function openLocalExecutor(options: LocalExecutorOptions): Promise<StepExecutor> {
  await mkdir(join(options.folder, 'steps'), { recursive: true })
  const folder = await realpath(options.folder)
  await endLeftovers(join(folder, 'steps'))
  const bundles = new BundleFolders(join(folder, 'bundles'), options.blobs)
  await bundles.tidy()
  return new LocalExecutor({ ...options, folder }, bundles)
}

const handleFile = 'process.json'

/** Ends what attempts of an earlier life of the server left running, and removes what they worked on. */
async function endLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const handle = await readFile(join(folder, name, handleFile), 'utf8').catch(() => undefined)
    if (handle !== undefined) await endProcess(handle)
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function endProcess(handle: string): Promise<void> {
  const known = parseHandle(handle)
  if (known && startMark(known.pid) === known.mark) await endGroup(known.pid, 0)
}

/** A handle that was half written when the machine stopped names no process. */
function parseHandle(handle: string): LocalHandle | undefined {
  try {
    return JSON.parse(handle) as LocalHandle
  } catch {
    return undefined
  }
}

class LocalExecutor implements StepExecutor {
  readonly #options: LocalExecutorOptions
  readonly #bundles: BundleFolders
  readonly #slots: Slots
  readonly #environment: Readonly<Record<string, string>>
  readonly #spares: SpareProcesses
  readonly #running = new Set<LocalStep>()
  #closed = false

  constructor(options: LocalExecutorOptions, bundles: BundleFolders) {
    this.#options = options
    this.#bundles = bundles
    this.#slots = new Slots(options.concurrency ?? availableParallelism())
    this.#environment = stepEnvironment(process.env, {
      // Modules of Kaizen and of the project are compiled once, not in every process.
      NODE_COMPILE_CACHE: join(options.folder, 'compiled'),
      ...options.environment,
    })
    this.#spares = new SpareProcesses(this.#environment)
  }

  async submit(spec: StepSpec, output: StepOutput, signal: AbortSignal): Promise<RunningStep> {
    const release = await this.#slots.take(signal)
    // A server that is shutting down starts nothing; whoever waits is told by the signal.
    if (this.#closed) await aborted(signal)
    try {
      const command = commandOf(spec.body, this.#options.builtins)
      const bundle = await this.#bundles.folderOf(spec.bundle)
      const inputs = new InputGuard(this.#options.blobs)
      const step = new LocalStep({
        spec,
        output,
        folder: await this.#prepare(spec, bundle, inputs),
        inputs,
        command,
        child: command.warm && this.#spares.take(command.warm.main),
        environment: this.#environment,
        blobs: this.#options.blobs,
        graceMs: this.#options.graceMs ?? 5000,
        limits: { ...defaultLimits, ...this.#options.limits },
      })
      this.#running.add(step)
      void step.wait().finally(() => {
        this.#running.delete(step)
        this.#warmNext(command, step)
        release()
      })
      return step
    } catch (failure) {
      release()
      throw failure
    }
  }

  /** A local process does not outlive its server: what is left of it is ended, and the step runs again. */
  async reattach(handle: string): Promise<undefined> {
    if (!this.#isElsewhere(handle)) await endProcess(handle)
  }

  /** A process that stays has the same handle for every step: its earlier ones have ended, whatever it does now. */
  #isElsewhere(handle: string): boolean {
    const pid = parseHandle(handle)?.pid
    if (pid === undefined) return false
    return this.#spares.holds(pid) || [...this.#running].some((step) => step.handle === handle)
  }

  async environmentOf(body: StepBody): Promise<Readonly<Record<string, string>>> {
    const platform = `${process.platform}-${process.arch}`
    if (body.kind !== 'command') return { platform, node: process.version }
    const program = body.argv[0] ?? ''
    const version = await programVersion(program, this.#environment)
    return version === undefined ? { platform } : { platform, [basename(program)]: version }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#spares[Symbol.dispose]()
    await Promise.all([...this.#running].map((step) => step.cancel()))
  }

  /** While a step runs the processors are its own; the next process is warmed when it has ended. */
  #warmNext({ warm }: StepCommand, { free }: LocalStep): void {
    if (this.#closed) free?.kill('SIGKILL')
    else if (warm && free) this.#spares.giveBack(warm.main, free)
    else if (warm) this.#spares.warm(warm.main)
  }

  async #prepare(spec: StepSpec, bundle: string, guard: InputGuard): Promise<StepFolder> {
    const root = join(this.#options.folder, 'steps', [spec.run, spec.node, spec.attempt].join('~'))
    const out = join(root, 'out')
    await mkdir(out, { recursive: true })
    const outputs: Record<string, StepContract['outputs'][string]> = {}
    const paths: Record<string, string> = {}
    Object.entries(spec.outputs).forEach(([name, kind], index) => {
      // Names of outputs are the user's; names of files are ours.
      if (isFileKind(kind)) {
        paths[name] = join(out, `${index}-${kind}`)
        outputs[name] = { kind, path: paths[name] }
      } else outputs[name] = { kind }
    })
    const contract: StepContract = {
      contract: 1,
      run: spec.run,
      node: spec.node,
      step: spec.step,
      attempt: spec.attempt,
      inputs: await inputsOf(spec, guard),
      outputs,
      params: { ...spec.params },
      seed: spec.seed,
      resultPath: join(out, 'result.json'),
    }
    const contractPath = join(root, 'contract.json')
    const handlePath = join(root, handleFile)
    await writeFile(contractPath, JSON.stringify(contract))
    return {
      root,
      bundle,
      contractPath,
      handlePath,
      resultPath: contract.resultPath,
      outputPaths: paths,
    }
  }
}

async function inputsOf(spec: StepSpec, guard: InputGuard): Promise<StepContract['inputs']> {
  const inputs: StepContract['inputs'] = {}
  for (const [name, input] of Object.entries(spec.inputs))
    inputs[name] =
      input.kind === 'value'
        ? { kind: 'value', value: input.value }
        : { kind: input.kind, path: await guard.open(name, input.digest) }
  return inputs
}
