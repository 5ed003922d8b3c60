import { isKaizenError, KaizenError, type Page, type Plan } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { type Actor, type Clock, digestOf, systemActor } from '../kernel/index.ts'
import type { BlobInfo, BlobStore, Database, Tx } from '../storage/index.ts'
import {
  type KindHandler,
  type Manifest,
  type ObjectKind,
  objectKinds,
  type ProjectRecord,
  type ProjectSummary,
} from './model.ts'
import { checkReferences, keyOf, objectsOf, planChanges } from './rules.ts'
import * as store from './store.ts'

export interface DeliveryDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly jobs: JobQueue
  readonly data: DataService
  readonly kinds: Readonly<Record<ObjectKind, KindHandler>>
}

const loadSource = 'delivery.load-source'

interface SourcePayload {
  readonly dataset: string
  readonly digest: string
  readonly path: string
  readonly format: 'csv' | 'parquet'
  readonly from: number | null
  readonly to: number | null
}

/** Projects: what is declared, what is in force, and the way from one to the other. */
export class DeliveryService {
  readonly #deps: DeliveryDeps

  constructor(deps: DeliveryDeps) {
    this.#deps = deps
    deps.jobs.handle(
      loadSource,
      async ({ job }) => {
        const source = job.payload as unknown as SourcePayload
        await this.#loadSource(source).catch((failure: unknown) => this.#refuse(source, failure))
      },
      (tx, job, failure) =>
        this.#sourceFailed(tx, job.payload as unknown as SourcePayload, failure),
    )
  }

  /** What applying a manifest would change. @throws INVALID_MANIFEST */
  async plan(manifest: Manifest): Promise<Plan> {
    checkReferences(manifest)
    await this.#prepared(manifest)
    const current = await store.currentRevision(this.#deps.database.reader, manifest.project)
    return {
      project: manifest.project,
      changes: [...(await this.#changes(current?.manifest, manifest))],
      missingFiles: [...(await this.#missingFiles(manifest))],
    }
  }

  /** Puts a manifest into force, all of it or nothing; applied again, it changes nothing. */
  async apply(
    actor: Actor,
    manifest: Manifest,
    reason: string,
  ): Promise<Plan & { readonly revision: number }> {
    const { database, clock, audit, jobs } = this.#deps
    const plan = await this.plan(manifest)
    if (plan.missingFiles.length > 0) {
      throw new KaizenError(
        'INVALID_MANIFEST',
        `${plan.missingFiles.length} files of the bundle have not been uploaded`,
        {
          hint: 'Upload each with PUT /api/v1/bundle/DIGEST first; `kaizen apply` does this by itself.',
          details: { missingFiles: plan.missingFiles.slice(0, 20) },
        },
      )
    }
    const manifestDigest = digestOf(manifest)
    const prepared = await this.#prepared(manifest)
    const revision = await database.write(async (tx) => {
      const current = await store.currentRevision(tx, manifest.project)
      const isInForce = plan.changes.every(({ kind }) => kind === 'keep')
      if (current?.manifestDigest === manifestDigest && isInForce) return current.revision
      const next = (current?.revision ?? 0) + 1
      await this.#putIntoForce(tx, actor, { manifest, prepared, before: current?.manifest })
      await store.insertRevision(tx, {
        name: manifest.project,
        description: manifest.description,
        revision: next,
        manifest,
        manifestDigest,
        appliedAt: clock.now(),
        appliedBy: actor.name,
      })
      for (const source of sourcesOf(manifest)) {
        await jobs.enqueue(tx, {
          kind: loadSource,
          key: source.dataset,
          payload: { ...source },
          maxAttempts: 3,
        })
      }
      await audit.append(tx, {
        actor,
        type: 'delivery.project.applied',
        subject: `project:${manifest.project}`,
        data: {
          revision: next,
          manifestDigest,
          reason,
          changes: plan.changes.filter((change) => change.kind !== 'keep'),
        },
      })
      return next
    })
    return { ...plan, revision }
  }

  /** @throws NOT_FOUND */
  async get(name: string): Promise<ProjectSummary & { readonly manifest: Manifest }> {
    const found = await store.currentRevision(this.#deps.database.reader, name)
    if (!found) {
      throw new KaizenError('NOT_FOUND', `there is no project named "${name}"`, {
        hint: 'Apply one with `kaizen apply`.',
      })
    }
    return { ...summaryOf(found), manifest: found.manifest }
  }

  async list(limit: number, after = ''): Promise<Page<ProjectSummary>> {
    const found = await store.listProjects(this.#deps.database.reader, after, limit)
    const last = found.at(-1)
    const items = found.map(summaryOf)
    return found.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Stores a file of a bundle; the content must have the digest it is named by. */
  async putFile(
    digest: string,
    content: Parameters<BlobStore['put']>[0],
    maxBytes: number,
  ): Promise<BlobInfo> {
    return this.#deps.blobs.put(content, { expectDigest: digest, maxBytes })
  }

  /** Declares everything, then takes out of force what is declared no more: policies before what they refer to. */
  async #putIntoForce(
    tx: Tx,
    actor: Actor,
    {
      manifest,
      prepared,
      before,
    }: {
      readonly manifest: Manifest
      readonly prepared: ReadonlyMap<string, unknown>
      readonly before: Manifest | undefined
    },
  ): Promise<void> {
    const { kinds } = this.#deps
    const declared = objectsOf(manifest)
    for (const object of declared) {
      const given = prepared.get(keyOf(object)) ?? object.declaration
      await kinds[object.kind].declare(tx, actor, given as never, manifest)
    }
    for (const { kind, name } of before ? objectsOf(before).toReversed() : []) {
      if (declared.some((object) => object.kind === kind && object.name === name)) continue
      await kinds[kind].remove?.(tx, actor, name)
    }
  }

  /** What stages made of declarations ahead of the transaction. */
  async #prepared(manifest: Manifest): Promise<ReadonlyMap<string, unknown>> {
    const prepared = new Map<string, unknown>()
    for (const object of objectsOf(manifest)) {
      const made = this.#deps.kinds[object.kind].prepare?.(object.declaration as never, manifest)
      if (made) prepared.set(keyOf(object), await made)
    }
    return prepared
  }

  async #changes(before: Manifest | undefined, after: Manifest): Promise<Plan['changes']> {
    const { kinds } = this.#deps
    const standing = new Map<string, Readonly<Record<string, unknown>> | undefined>()
    for (const object of [...(before ? objectsOf(before) : []), ...objectsOf(after)]) {
      const key = keyOf(object)
      if (!standing.has(key)) standing.set(key, await kinds[object.kind].current(object.name))
    }
    const keeping = new Set(objectKinds.filter((kind) => kinds[kind].remove === undefined))
    return [...planChanges({ before, after, standing, keeping })]
  }

  async #missingFiles(manifest: Manifest): Promise<readonly string[]> {
    const digests = [...new Set(manifest.bundle.map((file) => file.digest))]
    const found = await Promise.all(digests.map((digest) => this.#deps.blobs.stat(digest)))
    return digests.filter((_, index) => found[index] === undefined)
  }

  /** A declared source fills a dataset once; later rows come by appending. */
  async #loadSource(source: SourcePayload): Promise<void> {
    const { data, blobs } = this.#deps
    const dataset = await data.get(source.dataset)
    if (dataset.versions > 0) return
    await data.addFile(source.dataset, {
      path: await blobs.localPath(source.digest),
      format: source.format,
      mode: 'create',
      from: source.from ?? undefined,
      to: source.to ?? undefined,
      origin: {
        kind: 'project-file',
        path: source.path,
        digest: source.digest,
        from: source.from,
        to: source.to,
      },
      actor: systemActor,
    })
  }

  /** A file that cannot be read as declared stays so however often it is tried; the log says why. */
  async #refuse(source: SourcePayload, failure: unknown): Promise<void> {
    if (!isKaizenError(failure) || failure.kind !== 'invalid') throw failure
    await this.#deps.database.write((tx) => this.#sourceFailed(tx, source, failure))
  }

  async #sourceFailed(
    tx: Tx,
    { dataset, path, digest }: SourcePayload,
    failure: unknown,
  ): Promise<void> {
    const {
      code,
      message,
      hint = null,
    } = isKaizenError(failure)
      ? failure
      : new KaizenError('INTERNAL', failure instanceof Error ? failure.message : String(failure))
    await this.#deps.audit.append(tx, {
      actor: systemActor,
      type: 'delivery.source.failed',
      subject: `dataset:${dataset}`,
      data: { path, digest, error: { code, message, hint } },
    })
  }
}

const summaryOf = (project: ProjectRecord): ProjectSummary => ({
  name: project.name,
  description: project.description,
  appliedAt: project.appliedAt,
  appliedBy: project.appliedBy,
  manifestDigest: project.manifestDigest,
  revision: project.revision,
})

function sourcesOf(manifest: Manifest): readonly SourcePayload[] {
  return manifest.datasets.flatMap(({ name, source }) => {
    if (!source) return []
    const file = manifest.bundle.find((candidate) => candidate.path === source.path)
    if (!file) return []
    const time = (text: string | undefined): number | null =>
      text === undefined ? null : timeOf(name, text)
    return [
      {
        dataset: name,
        digest: file.digest,
        path: source.path,
        format: source.format,
        from: time(source.from),
        to: time(source.to),
      },
    ]
  })
}

function timeOf(dataset: string, text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new KaizenError('INVALID_MANIFEST', `dataset "${dataset}": "${text}" is not a time`, {
    hint: 'Write for example 2011-04-01.',
  })
}
