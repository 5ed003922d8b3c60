import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../random/random.ts'
import { compareArms, EMPTY_ARM, withLoss } from './compare-arms.ts'

/** Whether the canary is ever called other than undecided within `steps` looks. */
const everDecided = (random: Random, steps: number): boolean => {
  let [baseline, canary] = [EMPTY_ARM, EMPTY_ARM]
  for (let i = 0; i < steps; i++) {
    baseline = withLoss(baseline, random() ** 3)
    if (i % 2 === 0) canary = withLoss(canary, random() ** 3)
    const result = compareArms(baseline, canary, { alpha: 0.1 })
    if (result.status === 'ok' && result.verdict !== 'undecided') return true
  }
  return false
}

describe('compareArms', () => {
  test('looking at every observation does not inflate the error', () => {
    const random = seededRandom(17)
    let wrong = 0
    for (let run = 0; run < 100; run++) if (everDecided(random, 1500)) wrong++
    expect(wrong).toBeLessThanOrEqual(15)
  })

  test('finds a canary that is worse, and names the bound', () => {
    const random = seededRandom(4)
    let [baseline, canary] = [EMPTY_ARM, EMPTY_ARM]
    for (let i = 0; i < 2000; i++) {
      baseline = withLoss(baseline, random())
      canary = withLoss(canary, random() + 0.1)
    }
    const result = compareArms(baseline, canary)
    expect(result).toMatchObject({ status: 'ok', verdict: 'worse', counts: { canary: 2000 } })
    expect(compareArms(baseline, canary, { margin: 0.2 })).toMatchObject({ verdict: 'undecided' })
    expect(compareArms(canary, baseline)).toMatchObject({ verdict: 'better' })
  })

  test('says how many observations are short', () => {
    expect(compareArms(withLoss(EMPTY_ARM, 1), EMPTY_ARM)).toMatchObject({
      status: 'insufficient',
      what: 'canary observations',
      have: 0,
      need: 30,
    })
  })
})
