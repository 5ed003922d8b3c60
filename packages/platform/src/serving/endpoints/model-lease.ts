import type { LoadedModel } from '../../runtime/index.ts'

/** A share of a loaded model; the model is freed when its last share is let go. */
export interface ModelLease {
  readonly model: LoadedModel
  /** Where its content lies. */
  readonly path: () => Promise<string>
  release(): Promise<void>
}

/** Recorded requests that a model has answered before it takes traffic, and where they come from. */
export interface WarmUpRequests {
  readonly source: 'log' | 'example'
  readonly rows: number
}
