import { expect, it } from 'vitest'
import { type NumberedArm, pinnedArm } from './pinned-arm.ts'

const arm = (name: string, version: number, more: Partial<NumberedArm> = {}): NumberedArm => ({
  name,
  version,
  mode: 'live',
  resolved: { modelName: 'bike', digest: 'a' },
  ...more,
})
const other = { resolved: { modelName: 'boat', digest: 'b' } }

it('finds the arm of a version, a live one before a shadow', () => {
  const arms = [arm('shadow', 2, { mode: 'shadow', ...other }), arm('one', 1), arm('two', 2)]
  expect(pinnedArm('e', arms, 1)?.name).toBe('one')
  expect(pinnedArm('e', arms, 2)?.name).toBe('two')
  expect(pinnedArm('e', arms.slice(0, 2), 2)?.name).toBe('shadow')
  expect(pinnedArm('e', arms, 3)).toBeUndefined()
})

it('takes two arms of one model for the same, and refuses to choose between two models', () => {
  expect(pinnedArm('e', [arm('one', 1), arm('two', 1)], 1)?.name).toBe('one')
  expect(() => pinnedArm('e', [arm('one', 1), arm('two', 1, other)], 1)).toThrow(
    'version 1 of the endpoint "e" is several models: bike (one), boat (two)',
  )
})
