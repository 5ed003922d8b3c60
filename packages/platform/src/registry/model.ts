import type { ModelSignature, ModelVersionView, ModelView } from '@kaizen/contracts'

/** Stages of the older MLflow API; aliases have taken their place. */
export const modelStages = ['None', 'Staging', 'Production', 'Archived'] as const
export type ModelStage = (typeof modelStages)[number]

/** A version with what only the MLflow protocol shows. */
export interface ModelVersion extends ModelVersionView {
  readonly modelNumber: number
  readonly stage: ModelStage
  readonly statusMessage: string
  readonly runLink: string
  readonly loggedModelId: string | null
  readonly storageUri: string
  readonly updatedAt: number
}

/** A registered model with what only the MLflow protocol shows. */
export interface RegisteredModel extends ModelView {
  readonly number: number
  readonly tags: Readonly<Record<string, string>>
}

/** The ONNX file of a version. */
export interface ModelFile {
  readonly digest: string
  readonly sizeBytes: number
  readonly signature: ModelSignature
}

export interface NewModelVersion {
  readonly name: string
  /** A URI that says where the model came from. */
  readonly source: string
  /** Where the files lie; the source unless told. */
  readonly storageUri?: string | undefined
  readonly runId?: string | undefined
  readonly model?: ModelFile | undefined
  readonly lineage?: ModelVersionView['lineage'] | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly description?: string | undefined
  readonly runLink?: string | undefined
  readonly loggedModelId?: string | undefined
}
