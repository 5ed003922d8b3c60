import { describe, expect, it } from 'vitest'
import { Access, baseLevel, cookieOf, credentialsOf, type Grant } from './rules.ts'

const grant = (id: string, permission: Grant['permission']): Grant => ({
  kind: 'experiment',
  id,
  permission,
})

describe('what an Authorization header shows', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  it.each([
    ['Bearer abc', { kind: 'bearer', secret: 'abc' }],
    ['bearer abc', { kind: 'bearer', secret: 'abc' }],
    [basic('ann:pa:ss'), { kind: 'basic', username: 'ann', secret: 'pa:ss' }],
    [basic('nothing'), undefined],
    ['Digest abc', undefined],
    ['Bearer', undefined],
    [undefined, undefined],
  ])('%s', (header, shown) => expect(credentialsOf(header)).toEqual(shown))
})

it('a cookie is found by its whole name', () => {
  expect(cookieOf('xkaizen=1; kaizen=2; other=3', 'kaizen')).toBe('2')
  expect(cookieOf(undefined, 'kaizen')).toBeUndefined()
})

describe('levels', () => {
  it('without a grant the base holds, with one the grant, be it lower', () => {
    const access = new Access('EDIT', [grant('1', 'READ'), grant('2', 'MANAGE')])
    expect(['1', '2', '3'].map((id) => access.level('experiment', id))).toEqual([
      'READ',
      'MANAGE',
      'EDIT',
    ])
    expect(access.level('registered_model', '1')).toBe('EDIT')
  })

  it('the highest of several grants counts, but a denial ends it', () => {
    expect(
      new Access('NONE', [grant('1', 'READ'), grant('*', 'EDIT')]).level('experiment', '1'),
    ).toBe('EDIT')
    expect(
      new Access('MANAGE', [grant('1', 'MANAGE'), grant('*', 'DENY')]).level('experiment', '1'),
    ).toBe('NONE')
  })

  it('what is visible is what the levels say', () => {
    expect(new Access('READ', []).visible('experiment')).toBeUndefined()
    expect(new Access('READ', [grant('1', 'DENY')]).visible('experiment')).toEqual({
      except: ['1'],
    })
    expect(
      new Access('NONE', [grant('1', 'READ'), grant('2', 'DENY')]).visible('experiment'),
    ).toEqual({ only: ['1'] })
    expect(
      new Access('NONE', [grant('*', 'READ'), grant('2', 'DENY')]).visible('experiment'),
    ).toEqual({ except: ['2'] })
    expect(new Access('READ', [grant('*', 'DENY')]).visible('experiment')).toEqual({ only: [] })
  })

  it.each([
    ['admin', true, 'NONE', 'MANAGE'],
    ['editor', true, 'READ', 'READ'],
    ['viewer', true, 'EDIT', 'USE'],
    ['viewer', true, 'NONE', 'NONE'],
    ['viewer', false, 'READ', 'USE'],
    ['editor', false, 'READ', 'MANAGE'],
  ] as const)('%s (user: %s) with default %s has %s', (role, isUser, given, level) =>
    expect(baseLevel(role, isUser, given)).toBe(level),
  )
})
