import type { ApprovalRule, ApprovalView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { statusOf } from './approvals.rules.ts'

const target = 'alias:champion'
const rule = (...approvals: ApprovalRule['approvals']): ApprovalRule => ({
  target,
  approvals,
  allowCreator: false,
})
const said = (
  by: string,
  roles: readonly string[],
  decision: ApprovalView['decision'] = 'approve',
): ApprovalView => ({
  target,
  decision,
  by,
  roles: [...roles],
  reason: 'r',
  modelDigest: 'd',
  at: 1,
})
const version = { createdBy: 'user:maker', modelDigest: 'd' }
const missing = (needed: ApprovalRule, decisions: readonly ApprovalView[]) =>
  statusOf(needed, decisions, version).missing

describe('approvals', () => {
  const risk = { role: 'risk', count: 1 }
  const lead = { role: 'lead', count: 1 }

  it('are missing until each place is taken by a person of its role', () => {
    expect(missing(rule(risk, lead), [])).toBe(
      'approvals are missing: 1 of role risk, 1 of role lead',
    )
    expect(missing(rule(risk, lead), [said('ann', ['risk'])])).toBe(
      'approvals are missing: 1 of role lead',
    )
    expect(missing(rule(risk, lead), [said('ann', ['risk']), said('bob', ['lead'])])).toBeNull()
  })

  it('nobody takes two places, and a person of two roles moves for one of a single role', () => {
    expect(missing(rule(risk, lead), [said('ann', ['risk', 'lead'])])).toBe(
      'approvals are missing: 1 of role lead',
    )
    const both = [said('ann', ['risk', 'lead']), said('bob', ['risk'])]
    expect(missing(rule(risk, lead), both)).toBeNull()
    expect(missing(rule(risk, lead), both.toReversed())).toBeNull()
    expect(
      missing(rule({ role: 'risk', count: 2 }), [said('ann', ['risk']), said('ann', ['risk'])]),
    ).not.toBeNull()
  })

  it("the last word of each person counts, the creator's does not, nor that of others or about another file", () => {
    expect(missing(rule(risk), [said('ann', ['risk']), said('ann', ['risk'], 'reject')])).toContain(
      'rejected by ann',
    )
    expect(missing(rule(risk), [said('ann', ['risk'], 'reject'), said('ann', ['risk'])])).toBeNull()
    expect(missing(rule(risk), [said('user:maker', ['risk'])])).not.toBeNull()
    expect(
      missing({ ...rule(risk), allowCreator: true }, [said('user:maker', ['risk'])]),
    ).toBeNull()
    expect(missing(rule(risk), [said('eve', ['viewer']), said('eve', ['viewer'], 'reject')])).toBe(
      'approvals are missing: 1 of role risk',
    )
    expect(missing(rule(risk), [{ ...said('ann', ['risk']), modelDigest: 'other' }])).not.toBeNull()
    expect(
      missing(rule(risk), [{ ...said('ann', ['risk']), target: 'stage:Production' }]),
    ).not.toBeNull()
  })

  it('one rejection blocks however many approve', () => {
    const all = [said('ann', ['risk']), said('bob', ['risk']), said('cyd', ['risk'], 'reject')]
    expect(missing(rule(risk), all)).toBe('rejected by cyd')
  })
})
