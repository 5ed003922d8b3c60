import { KaizenError, type WorkspaceDeletionMode } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, type Clock, checkRootOfFiles, defaultWorkspace } from '../kernel/index.ts'
import type { Database, Reader, Tx } from '../storage/index.ts'
import { deleteGrantsOn, deleteRole } from './grants.store.ts'
import type { Workspace } from './model.ts'
import * as store from './workspaces.store.ts'

/** What a stage keeps by workspace. */
export interface WorkspaceContents {
  /** What is told when it is in the way: `experiments`. */
  readonly what: string
  count(reader: Reader, workspace: string): Promise<number>
  deleteAll(tx: Tx, actor: Actor, workspace: string): Promise<void>
  /** @throws ALREADY_EXISTS where a name is taken there. */
  moveToDefault(tx: Tx, actor: Actor, workspace: string): Promise<void>
}

export interface WorkspaceDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
}

export interface WorkspaceChange {
  readonly description?: string | undefined
  /** Empty to take it back. */
  readonly artifactRoot?: string | undefined
}

const reserved = ['workspaces', 'api', 'ajax-api', 'static-files']
/** Other servers of one database may make the first workspace; requests that name none ask so often whether there is one. */
const rememberMs = 500

/** Workspaces: spaces of names, each with its own experiments, models, evaluation data sets and webhooks. */
export class Workspaces {
  readonly #deps: WorkspaceDeps
  readonly #contents: WorkspaceContents[] = []
  #others = { known: false, until: 0 }

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps
  }

  /** Tells of something that is kept by workspace. */
  add(contents: WorkspaceContents): void {
    this.#contents.push(contents)
  }

  list(): Promise<readonly Workspace[]> {
    return store.listWorkspaces(this.#deps.database.reader)
  }

  /** @throws NOT_FOUND */
  async get(name: string, reader: Reader = this.#deps.database.reader): Promise<Workspace> {
    if (name !== defaultWorkspace) checkName(name)
    const found = await store.findWorkspace(reader, name)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `Workspace '${name}' not found`, {
      hint: 'List the workspaces to see which there are.',
    })
  }

  /** Whether there is any besides the default one. */
  async hasOthers(): Promise<boolean> {
    const now = performance.now()
    if (this.#others.until < now) {
      const known = await store.hasOtherWorkspaces(this.#deps.database.reader)
      this.#others = { known, until: now + rememberMs }
    }
    return this.#others.known
  }

  /** @throws INVALID_REQUEST, ALREADY_EXISTS */
  async create(actor: Actor, name: string, change: WorkspaceChange): Promise<Workspace> {
    if (name === defaultWorkspace) throw isReserved('created')
    checkName(name)
    const workspace = changed({ name, description: '', artifactRoot: null }, change)
    await this.#deps.database.write(async (tx) => {
      if (!(await store.insertWorkspace(tx, workspace, this.#deps.clock.now()))) {
        throw new KaizenError('ALREADY_EXISTS', `Workspace '${name}' already exists.`)
      }
      await this.#record(tx, actor, 'created', workspace)
    })
    this.#others = { known: true, until: performance.now() + rememberMs }
    return workspace
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async update(actor: Actor, name: string, change: WorkspaceChange): Promise<Workspace> {
    if (change.description === undefined && change.artifactRoot === undefined) {
      throw new KaizenError('INVALID_REQUEST', 'Workspace update must have at least one key', {
        hint: 'Send description or default_artifact_root.',
      })
    }
    return this.#deps.database.write(async (tx) => {
      const workspace = changed(await this.get(name, tx), change)
      await store.updateWorkspace(tx, workspace, this.#deps.clock.now())
      await this.#record(tx, actor, 'updated', workspace)
      return workspace
    })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST for the default one, CONFLICT when it is not empty, ALREADY_EXISTS */
  async delete(actor: Actor, name: string, mode: WorkspaceDeletionMode): Promise<void> {
    if (name === defaultWorkspace) throw isReserved('deleted')
    await this.#deps.database.write(async (tx) => {
      const workspace = await this.get(name, tx)
      for (const contents of this.#contents) {
        if (mode === 'RESTRICT') await requireEmpty(tx, contents, name)
        else if (mode === 'CASCADE') await contents.deleteAll(tx, actor, name)
        else await contents.moveToDefault(tx, actor, name)
      }
      for (const role of await store.rolesOfWorkspace(tx, name)) await deleteRole(tx, role)
      await deleteGrantsOn(tx, { kind: 'workspace', id: name })
      await store.deleteWorkspace(tx, name)
      await this.#record(tx, actor, 'deleted', workspace, { mode })
    })
    this.#others = { known: true, until: 0 }
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    { name, description, artifactRoot }: Workspace,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `identity.workspace.${what}`,
      subject: `workspace:${name}`,
      data: { description, artifactRoot, ...more },
    })
  }
}

async function requireEmpty(tx: Tx, contents: WorkspaceContents, name: string): Promise<void> {
  const count = await contents.count(tx, name)
  if (count === 0) return
  throw new KaizenError(
    'CONFLICT',
    `Cannot delete workspace '${name}': it still holds ${count} ${contents.what}`,
    { hint: 'Remove them, or ask for mode CASCADE or SET_DEFAULT.' },
  )
}

const isReserved = (what: string): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `The '${defaultWorkspace}' workspace is reserved and cannot be ${what}`,
  )

/** @throws INVALID_REQUEST */
function checkName(name: string): void {
  const refused = (why: string): KaizenError =>
    new KaizenError('INVALID_REQUEST', `Workspace name '${name.slice(0, 100)}' ${why}`, {
      hint: 'Use 2 to 63 lowercase letters, digits and inner hyphens.',
    })
  if (name.length < 2 || name.length > 63) throw refused('must be between 2 and 63 characters.')
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) throw refused('holds other characters.')
  if (reserved.includes(name)) throw refused('is reserved and cannot be used.')
}

/** @throws INVALID_REQUEST */
function changed(before: Workspace, change: WorkspaceChange): Workspace {
  const description = change.description ?? before.description
  if (description.length > 5000) {
    throw new KaizenError('INVALID_REQUEST', "'description' exceeds 5000 characters")
  }
  const root = change.artifactRoot ?? before.artifactRoot
  if (root) checkRoot(root)
  return { name: before.name, description, artifactRoot: root || null }
}

/** @throws INVALID_REQUEST: a root is a URI, as a path would mean another folder on every client. */
function checkRoot(root: string): void {
  checkRootOfFiles(root, 'default_artifact_root')
  if (root.length <= 1000 && /^[a-z][a-z0-9+.-]*:\//i.test(root)) return
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid value for parameter 'default_artifact_root': ${root.slice(0, 200)}`,
    { hint: 'Give a URI without query, fragment and "..", such as s3://bucket/folder.' },
  )
}
