import type { Permission, ResourceKind, Role } from './model.ts'

/** Rows of identity's tables. */
export interface IdentityTables {
  token: {
    id: string
    name: string
    role: Role
    secret_hash: string
    created_at: number
    last_used_at: number | null
    revoked_at: number | null
    expires_at: number | null
    user_id: number | null
    endpoint: string | null
  }
  app_user: {
    id: number
    username: string
    password_hash: string | null
    role: Role
    external_id: string | null
    created_at: number
    last_login_at: number | null
  }
  /** Sessions of browsers, by the SHA-256 of what their cookie holds. */
  user_session: { secret_hash: string; user_id: number; created_at: number; expires_at: number }
  access_role: { id: number; name: string; description: string; workspace: string }
  workspace: {
    name: string
    description: string
    artifact_root: string | null
    created_at: number
    updated_at: number
  }
  access_role_member: { id: number; role_id: number; user_id: number }
  access_grant: {
    id: number
    holder_kind: 'user' | 'role'
    holder_id: number
    resource_kind: ResourceKind
    resource_id: string
    permission: Permission
  }
}
