import { allowed } from './allowed.ts'
import type { Allowed } from './allowed-rules.ts'
import { type Difference, differences } from './compare.ts'
import { corpus, type Part, partsWithoutUsers } from './corpus/parts.ts'
import type { Side, SideAnswer } from './side.ts'
import type { Step } from './step.ts'

export interface Outcome {
  readonly requests: number
  readonly unexplained: readonly string[]
  /** Wrong requests that one of the servers alone took: what its later answers of the same part hold is not compared. */
  readonly parted: readonly string[]
  /** How often each reason of the list was needed. */
  readonly used: ReadonlyMap<string, number>
}

export interface Plan {
  readonly seed: number
  readonly searches: number
  readonly parts?: readonly Part[]
  /** Differences that are on purpose besides those of every pair. */
  readonly alsoAllowed?: readonly Allowed[]
}

/** Sends the corpus of a seed to both servers, step by step, and tells what they answered differently. */
export async function compareServers(mlflow: Side, kaizen: Side, plan: Plan): Promise<Outcome> {
  const unexplained: string[] = []
  const used = new Map<string, number>()
  const parted: string[] = []
  const known = [...(plan.alsoAllowed ?? []), ...allowed]
  let requests = 0
  /** Whether one of them alone made an experiment: they number the next ones apart from then on. */
  let numbersApart = false
  /** The last request, where one of them alone took it. */
  let takenByOne: Step | undefined
  for (const part of plan.parts ?? partsWithoutUsers) {
    for (const step of corpus(part, plan.seed, plan.searches)) {
      // What one of them did not make was told where it was asked for.
      if (mlflow.misses(step) || kaizen.misses(step)) continue
      const apart =
        parted.some((request) => request.startsWith(part)) ||
        (parted.length > 0 && showsAllParts(step))
      requests++
      const [theirs, ours] = await Promise.all([mlflow.send(step), kaizen.send(step)])
      // The sound copy of a wrong request that made something on one side finds it made there.
      const isCopy = takenByOne?.method === step.method && takenByOne.path === step.path
      takenByOne = undefined
      if (isCopy) continue
      for (const difference of differences(step, theirs, ours)) {
        if (numbersApart && isExperimentNumber(difference)) continue
        const reason = known.find((entry) => entry.matches(difference, step))?.reason
        if (apart && !answeredOtherwise.has(difference.place)) break
        if (reason) used.set(reason, (used.get(reason) ?? 0) + 1)
        else {
          // What else of this answer differs follows from it most of the time.
          unexplained.push(told(part, step, difference))
          break
        }
      }
      if (step.path.endsWith('/experiments/create') && isDone(theirs) !== isDone(ours))
        numbersApart = true
      if (step.spoilt && changes(step) && isDone(theirs) !== isDone(ours)) {
        takenByOne = step
        parted.push(`${part}: ${step.method} ${step.path} ${shown(step.body ?? step.raw)}`)
      }
    }
  }
  return { requests, unexplained, parted, used }
}

const answeredOtherwise = new Set(['status', 'error_code'])

const isExperimentNumber = ({ place, mlflow, kaizen }: Difference): boolean =>
  /(^|\.)experiment_id$/.test(place) && /^\d+$/.test(`${mlflow}`) && /^\d+$/.test(`${kaizen}`)

const isDone = ({ status }: SideAnswer): boolean => status < 300

const reads = /\/(search|search-datasets|metrics|calculate-filter-correlation|batchGet\w*)$/

const changes = ({ method, path }: Step): boolean => method !== 'GET' && !reads.test(path)

/** Whether an answer shows what earlier parts made. */
const showsAllParts = ({ path, query }: Step): boolean =>
  /\/(experiments|registered-models|model-versions)\/search$/.test(path) ||
  (/\/mlflow-artifacts\/artifacts$/.test(path) && !query?.['path'])

const told = (part: Part, step: Step, { place, mlflow, kaizen }: Difference): string =>
  [
    `${part}: ${step.method} ${step.path} ${shown(step.query ?? step.body ?? step.raw)}`,
    `  ${place}`,
    `    mlflow ${shown(mlflow)}`,
    `    kaizen ${shown(kaizen)}`,
  ].join('\n')

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 400)
