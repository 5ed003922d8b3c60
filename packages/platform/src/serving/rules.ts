import { KaizenError, type Route } from '@kaizen/contracts'
import { checkRouter } from './routing/compile.ts'

const weightTolerance = 1e-6

/** @throws INVALID_REQUEST unless arms have names of their own, live weights add up to 1 and the router knows its arms. */
export function checkRoute({ arms, router }: Route): void {
  const names = arms.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new KaizenError('INVALID_REQUEST', `body.arms: the arm "${twice}" stands twice`)
  }
  const live = arms.filter(({ mode }) => mode === 'live')
  const total = live.reduce((sum, { weight }) => sum + weight, 0)
  if (live.length === 0 || Math.abs(total - 1) > weightTolerance) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.arms: the weights of the live arms add up to ${total}, not 1`,
      {
        hint: 'Give one live arm the weight 1, or split 1 among several; shadow arms take no share.',
      },
    )
  }
  if (router) checkRouter(router, arms)
}

/** The value at a share of sorted values, or null without any. */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

export const unknownEndpoint = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no endpoint ${JSON.stringify(name.slice(0, 128))}`, {
    hint: 'kaizen endpoints list shows those that exist.',
  })
