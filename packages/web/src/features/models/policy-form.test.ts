import { approvalPolicy } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { draftOf, policyOf, ruleWords } from './policy-form.ts'

const rule = {
  target: 'alias:champion',
  approvals: [
    { role: 'risk', count: 1 },
    { role: 'ml-lead', count: 2 },
  ],
  allowCreator: false,
}

describe('the form of an approval policy', () => {
  it('writes a rule as it reads it', () => {
    expect(draftOf(rule).roles).toBe('risk, ml-lead=2')
    expect(policyOf([draftOf(rule)], true)).toEqual({ rules: [rule], requireSignature: true })
    expect(approvalPolicy.parse(policyOf([draftOf(rule)], false)).rules).toEqual([rule])
  })
  it.each([
    ['champion', 'risk'],
    ['alias:champion', ''],
    ['alias:champion', 'risk=0'],
    ['alias:champion', 'risk=many'],
    ['stage:Nowhere', 'risk'],
  ])('leaves what is wrong for the schema to say: %s by "%s"', (target, roles) => {
    const policy = policyOf([{ target, roles, allowCreator: false }], false)
    expect(approvalPolicy.safeParse(policy).success).toBe(false)
  })
  it('says a rule in words', () => {
    expect(ruleWords(rule)).toBe(
      'one of role risk and 2 of role ml-lead; not whoever registered the version',
    )
  })
})
