import type { ExportTarget, ModelSignature } from '@kaizen/contracts'
import type { GoldenSet } from './golden-set.ts'
import type { RowProgram } from './row-program.ts'
import type { FileMap } from './tar.ts'

/** Of a model that is exported; the bundle and its archive are held in memory. */
export const largestBytes = 512 * 2 ** 20

/** What is exported: the file and what is known of it. */
export interface ExportedModel {
  readonly name: string
  /** Of the registry; null for a file that is not registered. */
  readonly version: number | null
  readonly description: string
  readonly content: Uint8Array
  readonly signature: ModelSignature
  /** What an agent at the edge follows. */
  readonly follow?: FollowedAlias | undefined
}

export interface FollowedAlias {
  readonly alias: string
  /** The key that signs versions, SPKI in DER, base64. */
  readonly publicKey: string
}

export interface BundleParts {
  readonly target: ExportTarget
  readonly model: ExportedModel
  readonly golden: GoldenSet
  readonly program: RowProgram | undefined
  /** Files that every bundle holds. */
  readonly always: FileMap
}
