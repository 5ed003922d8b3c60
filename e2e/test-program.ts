import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What users start; the commands that only ask a server are started without looking whether all is set up. */
const launcher = fileURLToPath(new URL('../kaizen', import.meta.url))
const main = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const nodeFlags = ['--disable-warning=ExperimentalWarning']
const readyWithinMs = 60_000

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[], { cwd, env }: ProgramOptions): ChildProcess {
  const [program, ...before] =
    args[0] === 'server' ? [launcher] : [process.execPath, ...nodeFlags, main]
  return spawn(program, [...before, ...args], {
    cwd,
    env: { ...withoutSettings(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The environment of whoever runs the tests must not decide what they see. */
const withoutSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KAIZEN_')))

/** Runs `kaizen` as a user would, to its end. */
export async function kaizen(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Ended> {
  const child = start(args, options)
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: await stdout, stderr: await stderr }
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}

interface ReadyLine {
  readonly address: string
  readonly grpcAddress?: string
}

/** `kaizen server` on a free port, ended by the end of its scope. */
export class TestServer implements AsyncDisposable {
  readonly address: string
  /** HOST:PORT of gRPC, where the arguments ask for it. */
  readonly grpcAddress: string | undefined
  readonly child: ChildProcess
  /** From the start of the process to its ready line. */
  readonly startedInMs: number

  private constructor(child: ChildProcess, ready: ReadyLine, startedInMs: number) {
    this.child = child
    this.address = ready.address
    this.grpcAddress = ready.grpcAddress
    this.startedInMs = startedInMs
  }

  static async start(args: readonly string[], options: ProgramOptions = {}): Promise<TestServer> {
    const began = performance.now()
    const child = start(['server', '--json', '--port', '0', ...args], options)
    const errors = textOf(child.stderr)
    const lines = createInterface({
      input: child.stdout as NodeJS.ReadableStream,
      signal: AbortSignal.timeout(readyWithinMs),
    })
    for await (const line of lines) {
      const ready = JSON.parse(line) as ReadyLine
      lines.close()
      child.stdout?.resume()
      return new TestServer(child, ready, performance.now() - began)
    }
    throw new Error(`the server ended before it was ready: ${await errors}`)
  }

  /** Asks the server to drain; answers its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    this.child.kill('SIGTERM')
    await once(this.child, 'exit')
    return this.child.exitCode
  }

  /** Ends the server as a power cut would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
