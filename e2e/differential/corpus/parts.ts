import { Random } from '../random.ts'
import type { Step } from '../step.ts'
import { evaluationSteps } from './evaluation.ts'
import { exceptionSteps } from './exceptions.ts'
import { loggedModelSteps } from './logged-models.ts'
import { registrySteps } from './registry.ts'
import { searchSteps } from './searches.ts'
import { traceSteps } from './traces.ts'
import { trackingSteps } from './tracking.ts'
import { userSteps } from './users.ts'

/** Parts of the corpus by name. */
const parts = {
  tracking: (random: Random) => trackingSteps(random),
  searches: (random: Random, count: number) => searchSteps(random, count),
  registry: (random: Random, count: number) => registrySteps(random, Math.ceil(count / 3)),
  'logged models': (random: Random, count: number) =>
    loggedModelSteps(random, Math.ceil(count / 3)),
  traces: (random: Random, count: number) => traceSteps(random, Math.ceil(count / 2)),
  evaluation: (random: Random, count: number) => evaluationSteps(random, Math.ceil(count / 4)),
  exceptions: () => exceptionSteps(),
  users: (random: Random) => userSteps(random),
} satisfies Readonly<Record<string, (random: Random, count: number) => readonly Step[]>>

export type Part = keyof typeof parts
export const partNames = Object.keys(parts) as readonly Part[]
/** What is asked of servers that know their callers; the other parts are asked of servers that let everyone in. */
export const partsWithUsers: readonly Part[] = ['users']
export const partsWithoutUsers = partNames.filter((part) => !partsWithUsers.includes(part))

/** The steps of a part: the same for the same seed. */
export function corpus(part: Part, seed: number, searches: number): readonly Step[] {
  const random = new Random(seed * 31 + partNames.indexOf(part))
  return parts[part](random, searches)
}
