import type { ModelSignature } from '@kaizen/contracts'
import type { Tx } from '../storage/index.ts'
import type { TrainedModel } from './judge.ts'
import {
  type CandidateRecord,
  type ContinualDeps,
  type PolicyRecord,
  policyActor,
} from './model.ts'

type GatedCandidate = CandidateRecord & { readonly gate: NonNullable<CandidateRecord['gate']> }
export type ReadableModel = TrainedModel & { readonly signature: ModelSignature }

/** A trained model with its inputs and outputs, as the runtime reads them. @throws INVALID_MODEL */
export async function readModel(
  { runtime, blobs }: Pick<ContinualDeps, 'runtime' | 'blobs'>,
  model: TrainedModel,
): Promise<ReadableModel> {
  const loaded = await runtime.load(await blobs.localPath(model.digest))
  await loaded.close()
  return { ...model, signature: loaded.signature }
}

/** Registers a candidate that has passed its gate, with what it was made from; answers the version. */
export async function registerModel(
  { registry }: Pick<ContinualDeps, 'registry'>,
  tx: Tx,
  given: {
    readonly policy: PolicyRecord
    readonly candidate: GatedCandidate
    /** The endpoint's registered model. */
    readonly name: string
    readonly model: ReadableModel
  },
): Promise<number> {
  const { policy, candidate, name, model } = given
  const { dataset, pipeline } = policy.declaration
  const isRefit = candidate.refitRunId !== null
  const run = candidate.refitRunId ?? candidate.pipelineRunId
  const lineage = {
    policy: policy.name,
    candidate: candidate.id,
    number: candidate.number,
    trigger: candidate.trigger,
    pipeline,
    pipelineRun: run,
    datasets: [
      {
        dataset,
        version: candidate.datasetVersion,
        from: isRefit ? candidate.refitFrom : candidate.trainFrom,
        to: isRefit ? candidate.refitTo : candidate.trainTo,
      },
    ],
    holdout: { from: candidate.holdoutFrom, to: candidate.holdoutTo },
    gate: candidate.gate,
  }
  const { version } = await registry.createVersion(tx, policyActor(policy.name), {
    name,
    source: `kaizen:/pipeline-runs/${run}/outputs/model`,
    model,
    ...(model.trackingRunId === null ? {} : { runId: model.trackingRunId }),
    description: candidate.gate.summary,
    tags: { 'kaizen.policy': policy.name, 'kaizen.candidate': candidate.id },
    lineage: JSON.parse(JSON.stringify(lineage)) as Record<string, never>,
  })
  return version
}
