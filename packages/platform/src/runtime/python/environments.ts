import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'

export const environmentModes = ['off', 'installed', 'create'] as const
/** Whether Python models run, only with what is installed, or also with what pip installs for them. */
export type EnvironmentMode = (typeof environmentModes)[number]

export interface EnvironmentOptions {
  readonly mode: EnvironmentMode
  /** The interpreter that models run on where it has what they need. */
  readonly interpreter: string
  /** Variables of every process. */
  readonly environment: Readonly<Record<string, string>>
  /** Where environments are kept, each under the digest of what is in it. */
  readonly folder: string
}

const checker = fileURLToPath(new URL('./requirements.py', import.meta.url))
const checkTimeoutMs = 60_000
const createTimeoutMs = 20 * 60_000

/** Interpreters with what models need. */
export class PythonEnvironments {
  readonly #options: EnvironmentOptions
  readonly #creating = new Map<string, Promise<string>>()

  constructor(options: EnvironmentOptions) {
    this.#options = options
  }

  /**
   * An interpreter for a model in a folder: the installed one where it satisfies the recorded requirements, otherwise
   * one of an environment made for them. @throws UNSUPPORTED, INVALID_MODEL
   */
  async interpreterFor(folder: string, needsMlflow: boolean): Promise<string> {
    const { mode, interpreter } = this.#options
    if (mode === 'off') {
      throw new KaizenError('UNSUPPORTED', 'this server runs no Python models', {
        hint: 'Start it with --python-environments installed.',
      })
    }
    const requirements = await readFile(join(folder, 'requirements.txt'), 'utf8').catch(() => '')
    const { version, problems } = await this.#check(requirements)
    const missing = needsMlflow ? problems : problems.filter((line) => !/^mlflow\b(?!-)/.test(line))
    if (missing.length === 0) return interpreter
    if (mode !== 'create') {
      throw new KaizenError(
        'UNSUPPORTED',
        `${interpreter} (Python ${version}) lacks what the model needs: ${missing.slice(0, 10).join(', ')}`,
        {
          hint: 'Install it there, name another interpreter by KAIZEN_PYTHON, or start the server with --python-environments create.',
        },
      )
    }
    return this.#created(folder, requirements, version)
  }

  async #check(
    requirements: string,
  ): Promise<{ readonly version: string; readonly problems: readonly string[] }> {
    const { interpreter, environment } = this.#options
    const checked = await ran([interpreter, checker], {
      environment,
      input: requirements,
      limitMs: checkTimeoutMs,
    })
    if (checked.code === 0) return JSON.parse(checked.printed) as never
    throw new KaizenError('UNSUPPORTED', `${interpreter} does not run: ${checked.said}`, {
      hint: 'Install Python 3, or name its interpreter by KAIZEN_PYTHON.',
    })
  }

  /** Models that need the same share an environment; local files among the requirements make it the model's own. */
  async #created(folder: string, requirements: string, version: string): Promise<string> {
    const digest = createHash('sha256').update(`${version}\n${requirements}`)
    for (const [path] of requirements.matchAll(/^\s*(?:code\/|wheels\/|\.\/)\S+/gm)) {
      const content = await readFile(join(folder, path.trim())).catch(() => '')
      digest.update(`\n${path}\n`).update(content)
    }
    const name = digest.digest('hex').slice(0, 32)
    const making = this.#creating.get(name) ?? this.#make(join(this.#options.folder, name), folder)
    this.#creating.set(name, making)
    try {
      return await making
    } finally {
      this.#creating.delete(name)
    }
  }

  async #make(place: string, folder: string): Promise<string> {
    const { interpreter, environment } = this.#options
    const python = join(place, 'bin', 'python')
    const whole = join(place, 'complete')
    if (
      await readFile(whole).then(
        () => true,
        () => false,
      )
    )
      return python
    await rm(place, { recursive: true, force: true })
    const steps = [
      [interpreter, '-m', 'venv', place],
      [
        python,
        '-m',
        'pip',
        'install',
        '--disable-pip-version-check',
        '--no-input',
        '-r',
        'requirements.txt',
      ],
    ] as const
    for (const argv of steps) {
      const made = await ran(argv, { environment, cwd: folder, limitMs: createTimeoutMs })
      if (made.code === 0) continue
      await rm(place, { recursive: true, force: true })
      throw new KaizenError(
        'INVALID_MODEL',
        `the environment of the model could not be made: ${made.said}`,
        { hint: 'Log the model with requirements that pip can install here.' },
      )
    }
    await writeFile(whole, '')
    return python
  }
}

interface Ran {
  readonly code: number | null
  readonly printed: string
  /** The last lines of what went wrong. */
  readonly said: string
}

const keptText = 64 * 1024

function ran(
  argv: readonly [string, ...string[]],
  options: {
    readonly environment: Readonly<Record<string, string>>
    readonly limitMs: number
    readonly input?: string
    readonly cwd?: string
  },
): Promise<Ran> {
  const [program, ...args] = argv
  const child = spawn(program, args, {
    env: options.environment,
    timeout: options.limitMs,
    killSignal: 'SIGKILL',
    stdio: 'pipe',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  let printed = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-keptText)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-keptText)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ code: null, printed, said: message }))
    child.on('close', (code) => {
      const last = said.trim().split('\n').slice(-5).join(' ').slice(-1000)
      resolve({ code, printed, said: last || `it ended with code ${code}` })
    })
  })
}
