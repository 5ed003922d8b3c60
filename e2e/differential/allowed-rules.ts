import type { Difference } from './compare.ts'
import type { Step } from './step.ts'

/** A difference that is on purpose. */
export interface Allowed {
  readonly reason: string
  readonly matches: (difference: Difference, step: Step) => boolean
}

export const statusOf = (told: unknown): number => Number(String(told).slice(0, 3))

/** A request that MLflow takes or refuses with one status, and Kaizen answers with another. */
export const statuses =
  (mlflowStatus: number, kaizenStatus: number, words: RegExp, path = /./): Allowed['matches'] =>
  ({ place, mlflow, kaizen }, step) =>
    place === 'status' &&
    statusOf(mlflow) === mlflowStatus &&
    statusOf(kaizen) === kaizenStatus &&
    words.test(String(kaizen)) &&
    path.test(step.path)

export const inAnswer =
  (wanted: RegExp, path = /./): Allowed['matches'] =>
  ({ place }, step) =>
    wanted.test(place) && path.test(step.path)
