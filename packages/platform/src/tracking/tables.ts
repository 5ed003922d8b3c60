/** Rows of the tracking tables as the drivers answer them. Booleans are 0 or 1. */
export interface TrackingTables {
  experiment: {
    number: number
    name: string
    artifact_location: string
    lifecycle: string
    created_at: number
    updated_at: number
    workspace: string
  }
  experiment_tag: { experiment_number: number; key: string; value: string }
  run: {
    number: number
    id: string
    experiment_number: number
    name: string
    user_id: string
    status: string
    start_time: number
    end_time: number | null
    lifecycle: string
    artifact_uri: string
    /** In milliseconds; null while it is active. */
    deleted_at: number | null
  }
  /** Every point, clustered by run, key, step. A NaN is stored as 0 with its mark, because SQLite has none. */
  run_metric: {
    run_number: number
    key: string
    step: number
    timestamp: number
    value: number
    is_nan: number
  }
  /** The newest point of each key: what a run shows and searches compare. */
  run_latest_metric: {
    run_number: number
    /** Of the run, as in parameters and tags: searches begin there. */
    experiment_number: number
    key: string
    value: number
    is_nan: number
    timestamp: number
    step: number
  }
  run_param: { run_number: number; experiment_number: number; key: string; value: string }
  run_tag: { run_number: number; experiment_number: number; key: string; value: string }
  input_dataset: {
    number: number
    experiment_number: number
    name: string
    digest: string
    source_type: string
    source: string
    schema: string | null
    profile: string | null
  }
  /** `context` repeats the tag `mlflow.data.context`, by which runs are searched. */
  run_dataset: { run_number: number; dataset_number: number; context: string | null; tags: string }
  run_model: { run_number: number; role: string; model_id: string; step: number }
  /** A tree of files: folders have rows of their own, so that a listing is one range of the key. */
  artifact_entry: {
    folder: string
    name: string
    is_folder: number
    digest: string | null
    size_bytes: number | null
    logged_at: number
  }
  logged_model: {
    id: string
    experiment_number: number
    name: string
    model_type: string
    source_run_id: string
    status: string
    status_message: string
    artifact_uri: string
    creator_id: string
    created_at: number
    updated_at: number
    lifecycle: string
  }
  logged_model_param: { model_id: string; key: string; value: string }
  logged_model_tag: { model_id: string; key: string; value: string }
  logged_model_metric: {
    model_id: string
    key: string
    timestamp: number
    step: number
    run_id: string
    value: number
    is_nan: number
    dataset_name: string
    dataset_digest: string
  }
}
