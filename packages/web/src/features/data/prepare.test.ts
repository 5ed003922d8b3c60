import type { ColumnProfile } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { profileOf } from '../../../dev/fixture/data.ts'
import { originWords, profileCard, ruleWords } from './prepare.ts'

const profile = (name: string): ColumnProfile =>
  profileOf(1000).find((column) => column.name === name) as ColumnProfile

describe('data', () => {
  it('says rules in words', () => {
    expect(ruleWords({ column: 'temp', min: 0, max: 1 })).toBe('temp is between 0 and 1')
    expect(ruleWords({ column: 'cnt', notNull: true, min: 0 })).toBe(
      'cnt is present and is at least 0',
    )
    expect(ruleWords({ column: 'season', oneOf: [1, 2] })).toBe('season is one of 1, 2')
  })
  it('shows numbers as a histogram and words by their commonest values', () => {
    expect(profileCard(profile('temp')).histogram).not.toBeNull()
    expect(profileCard(profile('temp')).top).toEqual([])
    expect(profileCard(profile('station')).top.length).toBe(5)
    expect(profileCard(profile('station')).histogram).toBeNull()
  })
  it('counts missing values and is silent where there are none', () => {
    expect(profileCard(profile('windspeed')).missing).toBe('118 missing (11.8 %)')
    expect(profileCard(profile('temp')).missing).toBeNull()
  })
  it('names where a version came from', () => {
    expect(originWords({ endpoint: 'bike-demand', labelled: true })).toBe(
      'labelled predictions of bike-demand',
    )
    expect(originWords({ fileName: 'a.csv' })).toBe('file a.csv')
    expect(originWords({})).toBe('unknown')
  })
})
