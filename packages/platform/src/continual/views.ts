import type { Candidate, CandidateRecord, PolicyRecord } from './model.ts'

/** A candidate as the API shows it. */
export function candidateView(
  policy: PolicyRecord | undefined,
  candidate: CandidateRecord,
): Candidate {
  const { state, rolloutStep, rolloutSince } = candidate
  const steps = policy?.declaration.rollout ?? []
  return {
    id: candidate.id,
    policy: candidate.policy,
    endpoint: candidate.endpoint,
    number: candidate.number,
    state,
    trigger: candidate.trigger,
    incident: candidate.incident,
    trainFrom: candidate.trainFrom,
    trainTo: candidate.trainTo,
    holdoutFrom: candidate.holdoutFrom,
    holdoutTo: candidate.holdoutTo,
    datasetVersion: candidate.datasetVersion,
    pipelineRunId: candidate.pipelineRunId,
    refitRunId: candidate.refitRunId,
    modelVersion: candidate.modelVersion,
    gate: candidate.gate,
    rollout:
      state === 'rolling-out' && rolloutSince !== null
        ? {
            step: rolloutStep + 1,
            of: steps.length,
            current: steps[rolloutStep] ?? null,
            since: rolloutSince,
          }
        : null,
    createdAt: candidate.createdAt,
    endedAt: candidate.endedAt,
    error: candidate.error,
  }
}
