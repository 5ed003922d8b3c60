/** What Kaizen's server does besides answering: a version that is swapped under load, and what the log costs. */
import { type Answer, openLoop } from './open-loop.ts'

const perSecond = 1000

export interface Target {
  readonly url: string
  readonly path: string
  readonly bodies: readonly string[]
  readonly seconds: number
}

export interface Swap {
  readonly requests: number
  /** Requests without an answer of status 200. */
  readonly lost: number
  /** Answers that are not those of the version that they name. */
  readonly wrong: number
  /** Of the requests that were due in the second from the call that sets the route. */
  readonly p99MsOfItsSecond: number
}

interface InferAnswer {
  readonly model_version: string
  readonly outputs: readonly [{ readonly data: readonly [number] }]
}

const answered = (text: string): { readonly version: string; readonly value: number } => {
  const { model_version: version, outputs } = JSON.parse(text) as InferAnswer
  return { version, value: outputs[0].data[0] }
}

/** Every request's answer by one version, asked one after the other. */
async function answersOf({ url, path, bodies }: Target, version: number): Promise<number[]> {
  const values: number[] = []
  for (const body of bodies) {
    const pinned = path.replace('/infer', `/versions/${version}/infer`)
    const response = await fetch(url + pinned, { method: 'POST', body })
    if (!response.ok) throw new Error(`version ${version}: ${await response.text()}`)
    values.push(answered(await response.text()).value)
  }
  return values
}

/** Rows of one run and rows alone may differ in the last digits. */
const same = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b))

/** Swaps version 1 for version 2 by `swap` in the middle of an open loop at 1,000 a second, and checks every answer. */
export async function swapUnderLoad(target: Target, swap: () => Promise<void>): Promise<Swap> {
  const { bodies, seconds } = target
  const expected = new Map([['1', await answersOf(target, 1)]])
  const answers: Answer[] = []
  let swappedAt = Number.NaN
  const swapping = new Promise<void>((resolve, reject) => {
    setTimeout(
      () => {
        swappedAt = performance.now()
        swap().then(resolve, reject)
      },
      (seconds * 1000) / 2,
    )
  })
  const body = (request: number): string => bodies[request % bodies.length]!
  const load = { ...target, perSecond, body, onAnswer: (answer: Answer) => answers.push(answer) }
  const [{ requests }] = await Promise.all([openLoop(load), swapping])
  expected.set('2', await answersOf(target, 2))
  const good = answers.filter(({ status }) => status === 200)
  const isRight = ({ request, text }: Answer): boolean => {
    const { version, value } = answered(text)
    return same(value, expected.get(version)?.[request % bodies.length] ?? Number.NaN)
  }
  const inItsSecond = answers
    .filter(({ dueAt }) => dueAt >= swappedAt && dueAt < swappedAt + 1000)
    .map(({ latencyMs }) => latencyMs)
    .sort((a, b) => a - b)
  return {
    requests,
    lost: requests - good.length,
    wrong: good.filter((answer) => !isRight(answer)).length,
    p99MsOfItsSecond: inItsSecond[Math.floor(inItsSecond.length * 0.99)] ?? Number.NaN,
  }
}

export interface LogCost {
  readonly p50Ms: readonly number[]
  readonly p50MsWithoutLog: readonly number[]
}

/** The same load with the prediction log on and off, in turns. */
export async function logCost(
  target: Target,
  setSample: (sample: 0 | 1) => Promise<void>,
  rounds: number,
): Promise<LogCost> {
  const measured = { p50Ms: [] as number[], p50MsWithoutLog: [] as number[] }
  const body = (request: number): string => target.bodies[request % target.bodies.length]!
  const once = async (): Promise<number> =>
    (await openLoop({ ...target, perSecond, body, seconds: target.seconds / 2 })).p50Ms
  for (let round = 0; round < rounds; round++) {
    await setSample(0)
    measured.p50MsWithoutLog.push(await once())
    await setSample(1)
    measured.p50Ms.push(await once())
  }
  return measured
}
