import type { CandidateState, Decision } from './model.ts'

/** Tables of this stage. JSON is stored as text, booleans as 0 and 1. */
export interface ContinualTables {
  policy: {
    name: string
    project: string | null
    declaration: string
    collect: string | null
    paused: number
    frozen_until: number | null
    declared_at: number
    hold_key: string | null
  }
  candidate: {
    id: string
    policy: string
    number: number
    state: CandidateState
    detail: string
    revision: number
    created_at: number
    ended_at: number | null
    unfinished_of: string | null
  }
  loop_decision: {
    id: string
    policy: string
    candidate: string | null
    kind: Decision['kind']
    at: number
    summary: string
    data: string
  }
  collected_prediction: { dataset: string; at: number; inference_id: string; pending: number }
  collection_cursor: { dataset: string; endpoint: string; cursor: number }
}
