import type { RunState, StepState } from './model.ts'

/** Rows as they are stored; JSON is text, booleans are 0 or 1. */
export interface PipelineTables {
  pipeline: {
    name: string
    project: string | null
    description: string
    revision: string
    steps: number
    source: string | null
  }
  pipeline_revision: { digest: string; declaration: string; bundle: string }
  pipeline_run: {
    id: string
    pipeline: string
    project: string | null
    revision: string
    state: RunState
    params: string
    seed: number
    use_cache: number
    trigger_name: string
    started_by: string
    tracking_run_id: string | null
    versions: string | null
    created_at: number
    started_at: number | null
    ended_at: number | null
    error: string | null
    outputs: string
    source: string | null
    reproduces: string | null
  }
  pipeline_step_run: {
    run: string
    node: string
    position: number
    step: string
    state: StepState
    attempt: number
    started_at: number | null
    ended_at: number | null
    duration_ms: number | null
    cache_reason: string | null
    cache_key: string | null
    outputs: string
    lineage: string | null
    error: string | null
    handle: string | null
  }
  run_reproduction: { by_run_id: string; run_id: string; at: number; report: string }
  pipeline_cache: {
    key: string
    pipeline: string
    node: string
    run: string
    parts: string
    outputs: string
    created_at: number
  }
}
