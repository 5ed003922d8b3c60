import type { ApprovalPolicy, ApprovalRule } from '@kaizen/contracts'

/** A rule as it is typed. */
export interface RuleDraft {
  readonly target: string
  /** Roles with how many people of each: `risk, ml-lead=2`. */
  readonly roles: string
  readonly allowCreator: boolean
}

export const draftOf = ({ target, approvals, allowCreator }: ApprovalRule): RuleDraft => ({
  target,
  roles: approvals.map(({ role, count }) => (count === 1 ? role : `${role}=${count}`)).join(', '),
  allowCreator,
})

/** What is meant; the server's schema says what is wrong with it. */
export const policyOf = (
  drafts: readonly RuleDraft[],
  requireSignature: boolean,
): ApprovalPolicy => ({
  requireSignature,
  rules: drafts.map(({ target, roles, allowCreator }) => ({
    target: target.trim(),
    allowCreator,
    approvals: roles
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map((text) => {
        const [role = '', count = '1'] = text.split('=')
        return { role: role.trim(), count: Number(count) }
      }),
  })),
})

/** A rule in words. */
export const ruleWords = ({ approvals, allowCreator }: ApprovalRule): string => {
  const people = approvals.map(({ role, count }) =>
    count === 1 ? `one of role ${role}` : `${count} of role ${role}`,
  )
  const who = allowCreator
    ? 'whoever registered the version may be one of them'
    : 'not whoever registered the version'
  return `${people.join(' and ')}; ${who}`
}
