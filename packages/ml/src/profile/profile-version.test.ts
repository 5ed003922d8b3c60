import { expect, test } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/index.ts'
import { MlError } from '../ml-error.ts'
import { mergeProfiles, profileColumn, summarizeProfile } from './index.ts'

test.each([
  ['numeric', profileColumn(numericColumn('x', [1, 2]))],
  ['categorical', profileColumn(categoricalColumn('c', ['a', 'b']))],
] as const)('a %s profile of a newer version is refused, not read in part', (_, profile) => {
  const newer = { ...profile, version: 2 } as never
  expect(() => summarizeProfile(newer)).toThrow(MlError)
  expect(() => mergeProfiles(profile, newer)).toThrow('is of version 2')
})
