import { describe, expect, it } from 'vitest'
import { type Random, seededRandom } from '../random/random.ts'
import { MSPRT_START, msprt } from './msprt.ts'

const alpha = 0.05
const runs = 400
const looks = 1500

/** A standard normal number (Box and Muller, 1958). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Whether a test that is looked at after every observation ever rejects; one that looks only at each mean, too. */
function everRejects(random: Random, effect: number): { mixture: boolean; fixed: boolean } {
  let state = MSPRT_START
  let sum = 0
  let fixed = false
  for (let n = 1; n <= looks; n++) {
    sum += effect + normal(random)
    state = msprt(state, { n, mean: sum / n }, { sigma: 1, tau: 0.2 })
    fixed ||= Math.abs(sum) / Math.sqrt(n) > 1.96
  }
  return { mixture: state.pValue <= alpha, fixed }
}

describe('the mixture sequential test under continuous looking', () => {
  it('keeps its error rate where a test of fixed size does not', () => {
    const random = seededRandom(41)
    let [mixture, fixed] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const found = everRejects(random, 0)
      if (found.mixture) mixture++
      if (found.fixed) fixed++
    }
    // The bound is alpha; three standard errors are left for the simulation.
    expect(mixture / runs).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs))
    expect(fixed / runs).toBeGreaterThan(0.25)
  })

  it('sees an effect of the size that it is tuned to', () => {
    const random = seededRandom(42)
    let seen = 0
    for (let run = 0; run < 50; run++) if (everRejects(random, 0.2).mixture) seen++
    expect(seen).toBeGreaterThanOrEqual(48)
  })
})
