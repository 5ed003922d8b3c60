import type { ReplayView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { answerWords, limitProblem, replayCommand, replayVerdict } from './replay-model.ts'

const view = (rest: Partial<ReplayView>): ReplayView => ({
  model: 'm',
  version: 2,
  rows: 10,
  answered: 8,
  incomplete: 2,
  failed: 0,
  same: 6,
  meanDifference: 1,
  largestDifference: 3,
  rewarded: 0,
  loggedReward: null,
  candidateReward: null,
  examples: [],
  ...rest,
})

it('says whether a candidate is better, or how often it is the same', () => {
  const rewarded = (loggedReward: number, candidateReward: number) =>
    replayVerdict(view({ loggedReward, candidateReward }))
  expect(replayVerdict(view({}))).toContain('75')
  expect(replayVerdict(view({ answered: 0 }))).toContain('none of them')
  expect([rewarded(-2, -1), rewarded(-1, -2), rewarded(1, 1)]).toEqual([
    'better than what was answered',
    'worse than what was answered',
    'as good as what was answered',
  ])
})

it('takes whole numbers up to a hundred thousand, shows answers, and says the command', () => {
  const wrong = ['', '0', '-1', '1.5', '100001', '1e3', ' 5']
  expect(wrong.filter((text) => limitProblem(text) === null)).toEqual([])
  expect(['1', '100000'].map(limitProblem)).toEqual([null, null])
  expect([null, true, 'dear', 2.5].map(answerWords)).toEqual(['–', 'true', 'dear', '2.500'])
  const wishes = { model: 'models:/m/2', limit: '50', reward: 'none' as const }
  expect(replayCommand('e', wishes)).toBe(
    'kaizen endpoints replay e --model models:/m/2 --limit 50',
  )
  expect(replayCommand('e', { ...wishes, reward: 'correct' })).toContain('--reward correct')
})
