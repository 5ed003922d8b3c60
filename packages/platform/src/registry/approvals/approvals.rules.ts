import type { ApprovalPolicy, ApprovalRule, ApprovalStatus, ApprovalView } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'

/** Roles that count for an actor: the built-in one and the named ones. */
export const rolesOf = (actor: Actor): readonly string[] => [actor.role, ...(actor.roles ?? [])]

export const ruleFor = (policy: ApprovalPolicy, target: string): ApprovalRule | undefined =>
  policy.rules.find((rule) => rule.target === target)

/** Whether a rule lets somebody decide. */
export const mayDecide = (
  rule: ApprovalRule,
  by: string,
  roles: readonly string[],
  creator: string,
) =>
  (rule.allowCreator || by !== creator) && rule.approvals.some(({ role }) => roles.includes(role))

/**
 * What a version still needs for a target. The last decision of each person counts, with the roles that they had then;
 * one rejection that stands blocks, and nobody fills two places.
 */
export function statusOf(
  rule: ApprovalRule,
  decisions: readonly ApprovalView[],
  version: { readonly createdBy: string; readonly modelDigest: string | null },
): ApprovalStatus {
  const last = new Map<string, ApprovalView>()
  for (const decision of decisions) {
    if (decision.target === rule.target) last.set(decision.by, decision)
  }
  const counting = [...last.values()].filter(
    ({ by, roles, modelDigest }) =>
      modelDigest === version.modelDigest && mayDecide(rule, by, roles, version.createdBy),
  )
  const places = rule.approvals.flatMap(({ role, count }, at) =>
    Array.from({ length: count }, () => ({ role, at })),
  )
  const approvers = counting.filter(({ decision }) => decision === 'approve')
  const seated = seat(
    places.map(({ role }) => role),
    approvers,
  )
  const required = rule.approvals.map(({ role, count }, at) => ({
    role,
    count,
    given: places.flatMap((place, index) => {
      const by = seated[index]
      return place.at === at && by !== undefined ? [by] : []
    }),
  }))
  const rejected = counting.filter(({ decision }) => decision === 'reject')
  const missing = missingOf(required, rejected)
  return {
    target: rule.target,
    satisfied: missing === null,
    required,
    decisions: counting,
    missing,
  }
}

function missingOf(
  required: ApprovalStatus['required'],
  rejected: readonly ApprovalView[],
): string | null {
  const open = required
    .filter(({ count, given }) => given.length < count)
    .map(({ role, count, given }) => `${count - given.length} of role ${role}`)
  const parts = [
    ...(rejected.length === 0 ? [] : [`rejected by ${rejected.map(({ by }) => by).join(', ')}`]),
    ...(open.length === 0 ? [] : [`approvals are missing: ${open.join(', ')}`]),
  ]
  return parts.length === 0 ? null : parts.join('; ')
}

/**
 * People on places so that as many places as possible are filled: augmenting paths (Kuhn, The Hungarian method for the
 * assignment problem, 1955). A person with two roles must not take the place that only they could leave to another.
 */
function seat(
  places: readonly string[],
  people: readonly ApprovalView[],
): readonly (string | undefined)[] {
  const holder: (ApprovalView | undefined)[] = places.map(() => undefined)
  const place = (person: ApprovalView, tried: Set<number>): boolean => {
    for (const [at, role] of places.entries()) {
      if (tried.has(at) || !person.roles.includes(role)) continue
      tried.add(at)
      const before = holder[at]
      if (before === undefined || place(before, tried)) {
        holder[at] = person
        return true
      }
    }
    return false
  }
  for (const person of people) place(person, new Set())
  return holder.map((person) => person?.by)
}
