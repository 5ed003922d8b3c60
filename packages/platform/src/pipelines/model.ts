import type {
  ArtifactRef,
  CodeSource,
  JsonValue,
  Lineage,
  PipelineDeclaration,
  runStates,
  StepNode,
  stepStates,
} from '@kaizen/contracts'

export type {
  ArtifactRef,
  CodeSource,
  Lineage,
  LogLine,
  PipelineDeclaration,
  PipelineRun,
  PipelineRunDetail,
  PortKind,
  StepNode,
  StepRun,
  ValueRef,
} from '@kaizen/contracts'

export type RunState = (typeof runStates)[number]
export type StepState = (typeof stepStates)[number]
export type Params = Readonly<Record<string, JsonValue>>
export type StepOutputs = Readonly<Record<string, ArtifactRef>>

/** A file of a project's bundle. */
export interface BundleFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}
/** The files that steps run from, named by the digest of their list. */
export interface Bundle {
  readonly digest: string
  readonly files: readonly BundleFile[]
}

/** A declaration with the code that it runs; immutable, so that each run points at what it ran. */
export interface PipelineRevision {
  readonly digest: string
  readonly declaration: PipelineDeclaration
  readonly bundle: Bundle
}
/** The project that declares a pipeline. */
export interface DeclaringProject {
  readonly project: string | null
  readonly bundle: readonly BundleFile[]
  /** The state of its code in git; absent outside of git. */
  readonly source?: CodeSource | undefined
}
/** The state of the code, its difference from the commit as content. */
export type StoredSource = Omit<CodeSource, 'diff'> & {
  readonly diff?: { readonly digest: string; readonly sizeBytes: number }
}
export interface PipelineRecord {
  readonly name: string
  readonly project: string | null
  readonly description: string
  readonly revision: string
  readonly steps: number
  /** The code that was last applied; null outside of git. */
  readonly source: StoredSource | null
}

export interface StoredError {
  readonly code: string
  readonly message: string
  readonly hint?: string
}
export interface RunRecord {
  readonly id: string
  readonly pipeline: string
  readonly project: string | null
  /** Digest of the revision that it runs. */
  readonly revision: string
  readonly state: RunState
  readonly params: Params
  readonly seed: number
  readonly cache: boolean
  readonly trigger: string
  readonly startedBy: string
  readonly trackingRunId: string | null
  /** Versions that "latest" stands for in this run, by dataset; null until it starts. */
  readonly versions: Readonly<Record<string, number>> | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly error: StoredError | null
  readonly outputs: StepOutputs
  /** The code as it was applied when the run was queued; null outside of git. */
  readonly source: StoredSource | null
  /** The tracking run that this one does again; null for any other. */
  readonly reproduces: string | null
}

export interface StepRecord {
  readonly run: string
  readonly node: string
  readonly step: string
  readonly state: StepState
  readonly attempt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly durationMs: number | null
  readonly cacheReason: string | null
  readonly cacheKey: string | null
  readonly outputs: StepOutputs
  readonly lineage: Lineage | null
  readonly error: StoredError | null
  /** By which the executor finds the process again after a restart. */
  readonly handle: string | null
}
export type StepChange = Partial<Omit<StepRecord, 'run' | 'node' | 'step'>>

/** What determines the outputs of a step; the digest of all of it is the cache key. */
export interface CacheParts {
  readonly step: string
  readonly code: string
  /** Digest of the content of each input. */
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  readonly seed: number
  readonly environment: Readonly<Record<string, string>>
}
export interface CacheEntry {
  readonly key: string
  readonly pipeline: string
  readonly node: string
  readonly run: string
  readonly parts: CacheParts
  readonly outputs: StepOutputs
  readonly createdAt: number
}

/** An input whose content is known: a value, or a file by digest. */
export type ResolvedInput =
  | { readonly kind: 'value'; readonly digest: string; readonly value: JsonValue }
  | {
      readonly kind: 'table' | 'model' | 'file'
      readonly digest: string
      readonly dataset?: Lineage['datasets'][number]
    }

/** A node that is ready, with all that flows into it. */
export interface PreparedNode {
  readonly node: StepNode
  readonly inputs: Readonly<Record<string, ResolvedInput>>
  readonly params: Params
  readonly parts: CacheParts
  readonly key: string
}

/** A step that ships with Kaizen: the module that is its process's main, and the digest of its code. */
export interface BuiltinStep {
  readonly main: URL
  readonly codeDigest: () => Promise<string>
}

export const isFileKind = (kind: string): kind is 'table' | 'model' | 'file' =>
  kind === 'table' || kind === 'model' || kind === 'file'
