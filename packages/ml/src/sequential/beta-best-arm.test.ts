import { describe, expect, it } from 'vitest'
import { type BetaPosterior, betaBestArm } from './beta-best-arm.ts'

const total = (chances: readonly number[]) => chances.reduce((sum, chance) => sum + chance, 0)

describe('best arm', () => {
  it.each<readonly [string, BetaPosterior[]]>([
    [
      'an arm without data beside arms of a million',
      [
        [1, 1],
        [8e5, 8.2e5],
        [9.8e5, 8.2e5],
      ],
    ],
    [
      'laws that rise without bound at both ends',
      [
        [0.5, 0.5],
        [0.1, 0.1],
        [0.9, 0.3],
      ],
    ],
    [
      'nearly all at an end',
      [
        [0.01, 1],
        [1, 0.01],
      ],
    ],
    [
      'all at 0',
      [
        [0.001, 1000],
        [0.001, 1000],
        [2, 5],
      ],
    ],
    [
      'rare successes',
      [
        [1e6, 1],
        [1, 1e6],
        [3, 1e5],
      ],
    ],
  ])('gives chances that add up to 1: %s', (_, posteriors) => {
    expect(total(betaBestArm(posteriors).probabilityBest)).toBeCloseTo(1, 9)
  })

  it('knows the arcsine law: the higher of two has mean 1/2 + 2 / pi^2', () => {
    const { probabilityBest, expectedLoss } = betaBestArm([
      [0.5, 0.5],
      [0.5, 0.5],
    ])
    expect(probabilityBest[0]).toBeCloseTo(0.5, 12)
    expect(expectedLoss[0]).toBeCloseTo(2 / Math.PI ** 2, 12)
  })

  it('gives a flat arm the chance that it passes a known rate', () => {
    const { probabilityBest } = betaBestArm([
      [1, 1],
      [3e8, 1e8],
    ])
    expect(probabilityBest[0]).toBeCloseTo(0.25, 6)
  })
})
