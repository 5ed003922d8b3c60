/** Rows of the registry tables. JSON is text; `deleted_at` marks versions that are kept only so that numbers never repeat. */
export interface RegistryTables {
  registered_model: {
    number: number
    name: string
    description: string
    /** The highest number that a version ever had. */
    last_version: number
    created_at: number
    updated_at: number
  }
  registered_model_tag: { model_number: number; key: string; value: string }
  registered_model_alias: { model_number: number; alias: string; version: number }
  model_version: {
    model_number: number
    version: number
    status: string
    status_message: string
    stage: string
    description: string
    source: string
    /** Where the files lie, found from `source` when the version was made. */
    storage_uri: string
    run_id: string | null
    run_link: string
    logged_model_id: string | null
    created_by: string
    created_at: number
    updated_at: number
    model_digest: string | null
    model_size_bytes: number | null
    signature: string | null
    lineage: string
    deleted_at: number | null
  }
  model_version_tag: { model_number: number; version: number; key: string; value: string }
}
