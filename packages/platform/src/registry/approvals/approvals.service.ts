import {
  type ApprovalPolicy,
  type ApprovalStatus,
  type ApprovalView,
  KaizenError,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { Reader, Tx } from '../../storage/index.ts'
import type { ModelVersion, RegisteredModel } from '../model.ts'
import { mayDecide, rolesOf, ruleFor, statusOf } from './approvals.rules.ts'
import * as store from './approvals.store.ts'

export interface ApprovalDeps {
  readonly audit: AuditLog
  readonly clock: Clock
}

/** Approvals: who has to agree, and did, before an alias or stage may point to a version. */
export class Approvals {
  readonly #deps: ApprovalDeps

  constructor(deps: ApprovalDeps) {
    this.#deps = deps
  }

  policy(reader: Reader, model: RegisteredModel): Promise<ApprovalPolicy> {
    return store.readPolicy(reader, model.number)
  }

  async setPolicy(
    tx: Tx,
    actor: Actor,
    model: RegisteredModel,
    policy: ApprovalPolicy,
  ): Promise<void> {
    const before = await store.readPolicy(tx, model.number)
    await store.putPolicy(tx, model.number, policy)
    await this.#deps.audit.append(tx, {
      actor,
      type: 'registry.approval-policy.set',
      subject: `model:${model.name}`,
      data: { before, after: policy },
    })
  }

  /** What a version needs for each target that the policy speaks of. */
  async statuses(reader: Reader, version: ModelVersion): Promise<readonly ApprovalStatus[]> {
    const { rules } = await store.readPolicy(reader, version.modelNumber)
    const decisions = await store.readApprovals(reader, version)
    return rules.map((rule) => statusOf(rule, decisions, version))
  }

  /** What a version needs for a target; undefined where no policy speaks of it. */
  async status(
    reader: Reader,
    version: ModelVersion,
    target: string,
  ): Promise<ApprovalStatus | undefined> {
    const rule = ruleFor(await store.readPolicy(reader, version.modelNumber), target)
    return rule && statusOf(rule, await store.readApprovals(reader, version), version)
  }

  /** @throws FORBIDDEN naming what is missing */
  async require(reader: Reader, version: ModelVersion, target: string): Promise<void> {
    const status = await this.status(reader, version, target)
    if (!status || status.satisfied) return
    const { name, version: number } = version
    throw new KaizenError(
      'FORBIDDEN',
      `version ${number} of "${name}" may not become ${target.replace(':', ' ')}: ${status.missing}`,
      {
        hint: `Let them decide: kaizen models approve ${name} ${number} --for ${target}`,
        details: { target, missing: status.missing },
      },
    )
  }

  /** @throws NOT_FOUND when no policy speaks of the target, FORBIDDEN for whom it does not name */
  async decide(
    tx: Tx,
    actor: Actor,
    version: ModelVersion,
    decision: Pick<ApprovalView, 'target' | 'decision' | 'reason'>,
  ): Promise<ApprovalStatus> {
    const { target } = decision
    const rule = ruleFor(await store.readPolicy(tx, version.modelNumber), target)
    if (!rule) {
      throw new KaizenError('NOT_FOUND', `"${version.name}" needs no approval for ${target}`, {
        hint: `Say who has to: kaizen models policy ${version.name} --for ${target} --by ROLE`,
      })
    }
    const roles = rolesOf(actor)
    if (!mayDecide(rule, actor.name, roles, version.createdBy)) {
      const named = rule.approvals.map(({ role }) => role)
      const why = roles.some((role) => named.includes(role))
        ? 'registered this version, and nobody approves their own'
        : `has none of the roles ${named.join(', ')}`
      throw new KaizenError('FORBIDDEN', `${actor.name} ${why}`)
    }
    const approval: ApprovalView = {
      ...decision,
      by: actor.name,
      roles: [...roles],
      modelDigest: version.modelDigest,
      at: this.#deps.clock.now(),
    }
    await store.insertApproval(tx, version, approval)
    const status = statusOf(rule, await store.readApprovals(tx, version), version)
    await this.#deps.audit.append(tx, {
      actor,
      type:
        decision.decision === 'approve' ? 'registry.version.approved' : 'registry.version.rejected',
      subject: `model:${version.name}`,
      data: {
        version: version.version,
        ...evidenceOf(version),
        ...approval,
        missing: status.missing,
      },
    })
    return status
  }

  delete(tx: Tx, model: RegisteredModel): Promise<void> {
    return store.deleteApprovals(tx, model.number)
  }
}

/** What lay before whoever decided. */
const evidenceOf = ({ runId, source, lineage }: ModelVersion) => ({ runId, source, lineage })
