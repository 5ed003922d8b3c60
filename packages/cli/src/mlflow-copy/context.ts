import type { Message } from './endpoint.ts'
import type { MlflowSource } from './source.ts'
import type { CopyTarget } from './target.ts'

/** What was copied, and what could not be. */
export class CopyReport {
  readonly counts = new Map<string, number>()
  readonly failures: { readonly what: string; readonly why: string }[] = []
  /** What was copied in part, or has no counterpart: nothing that another attempt would mend. */
  readonly notes: { readonly what: string; readonly why: string }[] = []

  count(what: string, by = 1): void {
    if (by > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }
}

export interface CopyContext {
  readonly from: MlflowSource
  readonly to: CopyTarget
  readonly report: CopyReport
  /** What experiments, runs and logged models of the source are called at the target. */
  readonly experiments: Map<string, string>
  readonly runs: Map<string, string>
  readonly models: Map<string, string>
  /** Points of runs of the source that speak of a logged model, by run. */
  readonly measured: Map<string, Message[]>
  readonly onProgress: (what: string) => void
}
