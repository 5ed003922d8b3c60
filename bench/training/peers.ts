import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Who Kaizen's trainer is measured against. */
export const peerNames = ['scikit-learn', 'lightgbm'] as const
export type PeerName = (typeof peerNames)[number]

/** One fit; the file holds row-major float64, the features first and the target last. */
export interface PeerRequest {
  readonly peer: PeerName
  readonly path: string
  readonly rows: number
  readonly features: number
  readonly categorical: readonly number[]
  readonly task: 'regression' | 'classification'
  readonly trees: number
  readonly testPath?: string
  readonly testRows?: number
}

export interface PeerAnswer {
  readonly seconds: number
  /** Of the test rows: the number, or the probability of the second class. */
  readonly predictions?: readonly number[]
}

const oneThread = {
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
}

/** A Python process with the peers loaded, held to one thread. */
export class Peers {
  readonly versions: Readonly<Record<PeerName, string>>
  readonly #child: ReturnType<typeof startPython>
  readonly #lines: AsyncIterator<string>

  private constructor(
    child: ReturnType<typeof startPython>,
    lines: AsyncIterator<string>,
    versions: Readonly<Record<PeerName, string>>,
  ) {
    this.#child = child
    this.#lines = lines
    this.versions = versions
  }

  /** Starts the interpreter; it needs the packages numpy, scikit-learn and lightgbm. */
  static async start(python: string): Promise<Peers> {
    const child = startPython(python)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return new Peers(child, lines, JSON.parse(await nextLine(lines, python)))
  }

  async fit(request: PeerRequest): Promise<PeerAnswer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    return JSON.parse(await nextLine(this.#lines, request.peer))
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end()
  }
}

const startPython = (python: string) =>
  spawn(python, [new URL('peers.py', import.meta.url).pathname], {
    env: { ...process.env, ...oneThread },
    stdio: ['pipe', 'pipe', 'inherit'],
  })

const nextLine = async (lines: AsyncIterator<string>, who: string): Promise<string> => {
  const { value, done } = await lines.next()
  if (done) throw new Error(`${who} ended without an answer: see its message above`)
  return value
}
