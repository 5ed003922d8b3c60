import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts'
import { endMark, type StepAssignment, type StepDone } from '@kaizen/sdk/step-process'
import type { BlobStore } from '../../storage/index.ts'
import type { StoredError } from '../model.ts'
import type { RunningStep, StepOutcome, StepOutput, StepSpec } from './executor.ts'
import type { InputGuard } from './input-guard.ts'
import { printedUntil } from './printed.ts'
import { endGroup, signalGroup, startMark, yieldToServing } from './process-group.ts'
import type { StepCommand } from './step-command.ts'
import { collectOutputs, type OutputLimits, readResult } from './step-outputs.ts'

/** Where one attempt works. */
export interface StepFolder {
  readonly root: string
  readonly bundle: string
  readonly contractPath: string
  /** Keeps the handle of the process while it runs. */
  readonly handlePath: string
  readonly resultPath: string
  readonly outputPaths: Readonly<Record<string, string>>
}

export interface LocalStepOptions {
  readonly spec: StepSpec
  readonly output: StepOutput
  readonly folder: StepFolder
  readonly command: StepCommand
  /** A warm process that waits for its assignment. */
  readonly child: ChildProcess | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: InputGuard
  readonly blobs: BlobStore
  readonly graceMs: number
  readonly limits: OutputLimits
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The step has succeeded, and its process waits for another. */
  readonly stays?: boolean
  /** Set when the process could not be started at all. */
  readonly failure?: NodeJS.ErrnoException
}

/** How long the pipes of a process that has ended may stay open before they are closed. */
const drainMs = 1000

/** One attempt of a step as a process of this machine. */
export class LocalStep implements RunningStep {
  readonly handle: string
  readonly #options: LocalStepOptions
  readonly #child: ChildProcess
  readonly #outcome: Promise<StepOutcome>
  #ended = false
  #cancelled = false
  #timedOut = false
  #lastErrorLine = ''
  #free: ChildProcess | undefined

  constructor(options: LocalStepOptions) {
    this.#options = options
    this.#child = options.child ? this.#assign(options.child) : this.#spawn()
    const pid = this.#child.pid ?? 0
    if (pid > 0) yieldToServing(pid)
    this.handle = JSON.stringify({ pid, mark: startMark(pid) ?? '' })
    // Before anything is awaited, so that the process is found though the server ends right now.
    writeFileSync(options.folder.handlePath, this.handle)
    this.#outcome = this.#run()
  }

  wait(): Promise<StepOutcome> {
    return this.#outcome
  }

  /** After the outcome: the process, where it waits for another step. */
  get free(): ChildProcess | undefined {
    return this.#free
  }

  async cancel(): Promise<void> {
    this.#cancelled = true
    await this.#end()
    await this.#outcome
  }

  #spawn(): ChildProcess {
    const { command, folder, environment, spec } = this.#options
    const [program, ...args] = command.argv
    return spawn(program, args, {
      cwd: folder.bundle,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, ...variablesOf(spec), KAIZEN_STEP: folder.contractPath },
    })
  }

  #assign(child: ChildProcess): ChildProcess {
    const { command, folder, spec } = this.#options
    const assignment: StepAssignment = {
      contractPath: folder.contractPath,
      cwd: folder.bundle,
      args: command.warm?.args ?? [],
      env: variablesOf(spec),
    }
    child.send(assignment, () => undefined)
    return child
  }

  async #run(): Promise<StepOutcome> {
    const { spec, folder, blobs, limits } = this.#options
    const timer = setTimeout(() => {
      this.#timedOut = true
      void this.#end()
    }, spec.timeoutMs)
    try {
      const exit = await this.#exit()
      await this.#options.inputs.check()
      if (this.#cancelled) return { kind: 'cancelled' }
      const problem = this.#problemOf(exit)
      const result = await readResult(folder.resultPath, limits).catch((failure: unknown) => {
        if (problem) return undefined
        throw failure
      })
      if (problem) return { kind: 'failed', error: explain(spec, problem, result?.error) }
      if (!result) throw new KaizenError('INTERNAL', 'a step ended without a result')
      const outputs = await collectOutputs(spec.outputs, {
        result,
        paths: folder.outputPaths,
        blobs,
        limits,
      })
      return { kind: 'succeeded', outputs, metrics: result.metrics, params: result.params }
    } catch (failure) {
      return { kind: 'failed', error: storedError(spec, failure) }
    } finally {
      clearTimeout(timer)
      await rm(folder.root, { recursive: true, force: true }).catch(() => undefined)
    }
  }

  /** Waits until the process has ended and what it printed has been taken. */
  async #exit(): Promise<Exit> {
    const child = this.#child
    const printed = Promise.all([
      this.#pump('stdout', child.stdout),
      this.#pump('stderr', child.stderr),
    ])
    const exit = await this.#ending(child)
    this.#ended = true
    // What the step started ends with it.
    if (child.pid !== undefined && !exit.stays) signalGroup(child.pid, 'SIGKILL')
    const close = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, drainMs)
    try {
      await printed
    } finally {
      clearTimeout(close)
    }
    if (exit.stays) this.#release(child)
    return exit
  }

  #ending(child: ChildProcess): Promise<Exit> {
    const { contractPath } = this.#options.folder
    return new Promise<Exit>((resolve) => {
      const listeners = {
        error: (failure: Error) => end({ code: null, signal: null, failure }),
        exit: (code: number | null, signal: NodeJS.Signals | null) => end({ code, signal }),
        message: (said: unknown) => {
          if ((said as StepDone).done === contractPath) end({ code: 0, signal: null, stays: true })
        },
      }
      const end = (exit: Exit): void => {
        for (const [name, listener] of Object.entries(listeners)) child.off(name, listener)
        resolve(exit)
      }
      for (const [name, listener] of Object.entries(listeners)) child.on(name, listener)
    })
  }

  /** A process that has been told to end, or whose streams were closed, takes no further step. */
  #release(child: ChildProcess): void {
    const isWhole = !this.#cancelled && !this.#timedOut && !child.stdout?.destroyed
    if (isWhole && !child.stderr?.destroyed) this.#free = child
    else if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
  }

  /** Reading waits for the log, so that a step that prints without end meets a full pipe, not our memory. */
  async #pump(stream: 'stdout' | 'stderr', source: Readable | null): Promise<void> {
    if (!source) return
    const mark = Buffer.from(endMark(this.#options.folder.contractPath))
    try {
      for await (const chunk of printedUntil(source, mark)) {
        await this.#options.output(stream, chunk)
        if (stream === 'stderr') this.#rememberLine(chunk)
      }
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return
      await this.#end()
      throw failure
    }
  }

  /** The last line of the error stream is what most programs say when they give up. */
  #rememberLine(chunk: Buffer): void {
    const lines = chunk
      .toString('utf8', Math.max(0, chunk.length - 4096))
      .trimEnd()
      .split('\n')
    const last = lines.at(-1)?.trim()
    if (last) this.#lastErrorLine = last.slice(0, 500)
  }

  async #end(): Promise<void> {
    const { pid } = this.#child
    if (pid !== undefined && !this.#ended) await endGroup(pid, this.#options.graceMs)
  }

  #problemOf(exit: Exit): string | undefined {
    const { spec, command } = this.#options
    if (this.#timedOut) return `took longer than ${spec.timeoutMs} ms and was ended`
    if (exit.failure?.code === 'ENOENT')
      return `cannot start: there is no program ${command.argv[0]}`
    if (exit.failure) return `cannot start: ${exit.failure.message}`
    if (exit.signal === 'SIGKILL') return 'was killed by the system, perhaps for want of memory'
    if (exit.signal) return `was ended by the signal ${exit.signal}`
    if (exit.code === 0) return undefined
    const last = this.#lastErrorLine === '' ? '' : `: ${this.#lastErrorLine}`
    return `ended with status ${exit.code}${last}`
  }
}

const variablesOf = (spec: StepSpec): Readonly<Record<string, string>> => ({
  // Hashes of text decide the order of sets in Python.
  PYTHONHASHSEED: String(spec.seed),
})

/** A step that says itself why it failed is believed. */
function explain(
  spec: StepSpec,
  problem: string,
  told: { readonly message: string; readonly hint?: string | undefined } | undefined,
): StoredError {
  return {
    code: 'STEP_FAILED',
    message: `step "${spec.step}" ${told ? `failed: ${told.message}` : problem}`,
    hint: told?.hint ?? 'The log of the step has the details.',
  }
}

function storedError(spec: StepSpec, failure: unknown): StoredError {
  const message = failure instanceof Error ? failure.message : String(failure)
  const hint = failure instanceof KaizenError ? failure.hint : undefined
  return {
    code: failure instanceof KaizenError ? failure.code : 'STEP_FAILED',
    message: `step "${spec.step}": ${message}`,
    ...(hint === undefined ? {} : { hint }),
  }
}
