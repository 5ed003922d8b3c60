import type { ModelSignature } from '@kaizen/contracts'
import type { InputRules } from '../limits/input-rules.ts'
import type { TallyNumbers } from '../traffic/inference-tally.ts'
import type { PredictionAnswer, PredictionCall } from './live-endpoint.ts'

/** A version as the model repository extension lists it. */
export interface IndexEntry {
  readonly name: string
  readonly version: string
  readonly state: 'READY' | 'UNAVAILABLE'
  readonly reason: string
}

/** What a version has done since the server started. */
export interface VersionStatistics extends TallyNumbers {
  readonly name: string
  readonly version: string
}

/** What answers tensors under a name, to every protocol alike: an endpoint, or a model of the model repository. */
export interface Served {
  readonly name: string
  /** `<project>_<format>`, as the Open Inference Protocol names platforms. */
  readonly platform: string
  /** What computes it, in the words of the model configuration extension. */
  readonly backend: string
  /** Versions that a request may name. */
  readonly versions: readonly string[]
  /** Largest body after decompression, where there is a limit of its own. */
  readonly maxBodyBytes?: number | undefined
  /** What metadata tell beyond inputs and outputs. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** True where requests may bring more than `signature` says. */
  readonly takesMore?: boolean
  /** What it makes of values that do not fit; undefined where nothing is set. */
  readonly inputRules?: InputRules | undefined
  /** Inputs and outputs of a version, or of the one that answers unnamed. @throws NOT_FOUND, UNAVAILABLE */
  signature(version: number | undefined): ModelSignature
  /** @throws INVALID_TENSOR, NOT_FOUND, OVERLOADED, UNAVAILABLE */
  predict(call: PredictionCall): Promise<PredictionAnswer>
  index(): readonly IndexEntry[]
  statistics(): readonly VersionStatistics[]
}

/** What this server speaks beyond the core of the Open Inference Protocol. */
export const openInferenceExtensions = [
  'binary_tensor_data',
  'generate',
  'model_configuration',
  'model_repository',
  'statistics',
] as const
