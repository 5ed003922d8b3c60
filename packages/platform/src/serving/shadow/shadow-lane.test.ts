import { expect, it } from 'vitest'
import { ShadowLane } from './shadow-lane.ts'

it('runs a few at a time, later, and drops what does not fit', async () => {
  const lane = new ShadowLane({ concurrency: 2, capacity: 5 })
  let running = 0
  let most = 0
  let done = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 2))
    running--
    done++
  }
  const taken = Array.from({ length: 8 }, () => lane.offer(work))
  expect(running).toBe(0)
  expect(taken.filter(Boolean)).toHaveLength(5)
  expect(lane.shed).toBe(3)
  await lane.settled()
  expect([most, done]).toEqual([2, 5])
})

it('settles though more keeps coming', async () => {
  const lane = new ShadowLane({ concurrency: 1, capacity: 100 })
  let stop = false
  const again = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    if (!stop) lane.offer(again)
  }
  lane.offer(again)
  await lane.settled()
  await lane.settled()
  stop = true
  await lane.settled()
})
