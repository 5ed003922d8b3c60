import {
  durationMs,
  type EnsembleDeclaration,
  type EnsembleMember,
  type EnsembleView,
  KaizenError,
  type ModelSignature,
  objectName,
  type Page,
  type PageQuery,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, digestOf } from '../../kernel/index.ts'
import { type Bundle, type BundleFile, checkBundlePaths } from '../../pipelines/index.ts'
import type { CodeStep, LoadedModel } from '../../runtime/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { ModelLease } from '../endpoints/model-lease.ts'
import type { ModelIdentity } from '../model-identities.ts'
import { EnsembleModel, type LoadedMember } from './ensemble-model.ts'
import { ensembleUri, isEnsemble, parseEnsembleUri } from './ensemble-uri.ts'
import * as store from './ensembles.store.ts'
import { planEnsemble } from './plan.ts'

/** Runs the steps of projects. */
export interface StepOpener {
  open(step: Omit<CodeStep, 'folder'>, bundle: Bundle): Promise<LoadedModel>
}

export interface EnsembleDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  /** Absent where no code of projects runs. */
  readonly steps?: StepOpener | undefined
  /** What a model stands for now. @throws NOT_FOUND, UNSUPPORTED */
  readonly identify: (uri: string) => Promise<ModelIdentity>
  readonly lease: (digest: string) => Promise<ModelLease>
}

/** A declaration that was held against its models. */
export interface PreparedEnsemble {
  readonly declaration: EnsembleDeclaration
  readonly members: readonly EnsembleMember[]
  readonly signature: ModelSignature
  readonly bundle: Bundle | null
  readonly digest: string
}

type Node = EnsembleDeclaration['nodes'][string]
type Step = Extract<Node, { readonly kind: 'step' }>

/** Graphs of models under one name; each version is a declaration with what its models stood for when it was made. */
export class EnsembleService {
  readonly #deps: EnsembleDeps

  constructor(deps: EnsembleDeps) {
    this.#deps = deps
  }

  /** Makes a version by hand; the code of steps comes with a project. @throws INVALID_MODEL, NOT_FOUND, UNSUPPORTED */
  async create(actor: Actor, declaration: EnsembleDeclaration): Promise<EnsembleView> {
    const step = Object.keys(declaration.nodes).find(
      (name) => declaration.nodes[name]!.kind === 'step',
    )
    if (step !== undefined) {
      throw new KaizenError(
        'INVALID_MODEL',
        `the ensemble "${declaration.name}": node "${step}" is code, which comes with a project`,
        { hint: 'Declare the ensemble in kaizen.ts, and run `kaizen apply`.' },
      )
    }
    const prepared = await this.prepare(declaration, [])
    const record = await this.#deps.database.write((tx) =>
      this.declare(tx, actor, { ...prepared, project: null }),
    )
    return viewOf(record)
  }

  /** Makes a version of the same declaration with what aliases stand for now. @throws NOT_FOUND, INVALID_MODEL */
  async refresh(actor: Actor, name: string): Promise<EnsembleView> {
    const { project, declaration, bundle } = await this.#find(name, undefined)
    const prepared = await this.prepare(declaration, bundle?.files ?? [])
    const record = await this.#deps.database.write((tx) =>
      this.declare(tx, actor, { ...prepared, project }),
    )
    return viewOf(record)
  }

  /** Resolves the models of a declaration and checks that its types fit. @throws INVALID_MODEL, NOT_FOUND, UNSUPPORTED */
  async prepare(
    declaration: EnsembleDeclaration,
    files: readonly BundleFile[],
  ): Promise<PreparedEnsemble> {
    const members = await this.#membersOf(declaration)
    const { signature } = planEnsemble(declaration, signaturesOf(members))
    const hasCode = Object.values(declaration.nodes).some(({ kind }) => kind === 'step')
    if (hasCode) checkBundlePaths(files)
    const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
    const bundle = hasCode ? { digest: digestOf(sorted), files: sorted } : null
    const digest = digestOf({ declaration, members })
    return { declaration, members, signature, bundle, digest }
  }

  /** Stores what was prepared as the newest version; nothing happens where the newest is the same. */
  async declare(
    tx: Tx,
    actor: Actor,
    { project, ...prepared }: PreparedEnsemble & { readonly project: string | null },
  ): Promise<store.EnsembleRecord> {
    const { audit, clock } = this.#deps
    const { name } = prepared.declaration
    const newest = await store.findEnsemble(tx, name)
    if (newest?.digest === prepared.digest && newest.project === project) return newest
    const version = (newest?.version ?? 0) + 1
    const record = { name, version, project, ...prepared, createdAt: clock.now() }
    const made = { ...record, createdBy: actor.name }
    await store.insertEnsemble(tx, made)
    await audit.append(tx, {
      actor,
      type: 'serving.ensemble.created',
      subject: `ensemble:${name}`,
      data: {
        version,
        project,
        digest: prepared.digest,
        members: prepared.members.map(({ node, modelName, version: of }) => ({
          node,
          model: modelName,
          version: of,
        })),
      },
    })
    return made
  }

  /** @throws NOT_FOUND */
  async get(name: string, version?: number): Promise<EnsembleView> {
    return viewOf(await this.#find(name, version))
  }

  async list({ limit, pageToken = '' }: PageQuery): Promise<Page<EnsembleView>> {
    const { reader } = this.#deps.database
    const records = await store.listEnsembles(reader, { after: pageToken, limit })
    return paged(records, limit, ({ name }) => name)
  }

  /** @throws NOT_FOUND */
  async versions(name: string, { limit, pageToken }: PageQuery): Promise<Page<EnsembleView>> {
    await this.#find(name, undefined)
    const below = pageToken === undefined ? Number.MAX_SAFE_INTEGER : Number(pageToken)
    if (!Number.isSafeInteger(below))
      throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
    const records = await store.listVersions(this.#deps.database.reader, name, { below, limit })
    return paged(records, limit, ({ version }) => String(version))
  }

  /** The version that `ensembles:/NAME[/VERSION]` stands for now. @throws NOT_FOUND, INVALID_REQUEST */
  async identify(uri: string): Promise<ModelIdentity> {
    const { name, version } = parseEnsembleUri(uri)
    const found = await this.#find(name, version)
    const digest = ensembleUri(name, found.version)
    return { modelName: name, version: found.version, digest, signature: found.signature }
  }

  /** The models in a version. @throws NOT_FOUND */
  async membersOf(uri: string): Promise<readonly EnsembleMember[]> {
    const { name, version } = parseEnsembleUri(uri)
    return (await this.#find(name, version)).members
  }

  /** Loads every model and step of a version, or none. @throws NOT_FOUND, INVALID_MODEL */
  async load(uri: string): Promise<LoadedModel> {
    const { name, version } = parseEnsembleUri(uri)
    const record = await this.#find(name, version)
    const { declaration } = record
    const computing = Object.entries(declaration.nodes).filter(
      ([, { kind }]) => kind === 'model' || kind === 'step',
    )
    const opened = await Promise.allSettled(
      computing.map(async ([node, spec]) => [node, await this.#open(record, node, spec)] as const),
    )
    const members = new Map(
      opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    )
    try {
      const failed = opened.find((each) => each.status === 'rejected')
      if (failed) throw failed.reason
      // A model of another server may have become another since.
      const signatures = Object.fromEntries(
        [...members].map(([node, { model }]) => [node, model.signature]),
      )
      return new EnsembleModel(planEnsemble(declaration, signatures), members)
    } catch (failure) {
      await Promise.all([...members.values()].map((member) => member.release()))
      throw failure
    }
  }

  async #open(record: store.EnsembleRecord, name: string, node: Node): Promise<LoadedMember> {
    const of = `the ensemble "${record.name}"`
    if (node.kind === 'step') {
      const model = await this.#openStep(record, name, node).catch(named(`${of}: node "${name}"`))
      return { model, title: `node "${name}"`, release: () => model.close() }
    }
    const member = record.members.find((each) => each.node === name)!
    const title = `node "${name}" (${member.modelName}/${member.version})`
    const { model, release } = await this.#deps.lease(member.digest).catch(named(`${of}: ${title}`))
    return { model, title, release }
  }

  #openStep({ bundle }: store.EnsembleRecord, name: string, step: Step): Promise<LoadedModel> {
    const { steps } = this.#deps
    if (!steps || !bundle) {
      return Promise.reject(
        new KaizenError('UNSUPPORTED', `this server runs no code of projects, as "${name}" is`),
      )
    }
    const specs = (types: Step['in']) =>
      Object.entries(types).map(([own, type]) => ({ name: own, ...type }))
    const { language, processes, timeout } = step
    const place = { path: step.module, function: step.export }
    const limits = { processes, timeoutMs: durationMs(timeout) }
    const types = { inputs: specs(step.in), outputs: specs(step.out) }
    return steps.open({ name, language, ...place, ...limits, ...types }, bundle)
  }

  async #membersOf({ name: own, nodes }: EnsembleDeclaration): Promise<readonly EnsembleMember[]> {
    const models = Object.entries(nodes).flatMap(([node, spec]) =>
      spec.kind === 'model' ? [{ node, model: spec.model }] : [],
    )
    return Promise.all(
      models.map(({ node, model }) =>
        this.#member(node, model).catch(named(`the ensemble "${own}": node "${node}"`)),
      ),
    )
  }

  async #member(node: string, model: string): Promise<EnsembleMember> {
    if (isEnsemble(model)) {
      throw new KaizenError('INVALID_MODEL', `${model} is an ensemble itself`, {
        hint: 'Put its nodes into this one.',
      })
    }
    const { modelName, version, digest, signature } = await this.#deps.identify(model)
    const known = signature ?? (await this.#signatureOf(digest))
    return { node, model, modelName, version, digest, signature: known }
  }

  /** Only the runtime knows the signature of some models. */
  async #signatureOf(digest: string): Promise<ModelSignature> {
    const lease = await this.#deps.lease(digest)
    const { signature } = lease.model
    await lease.release()
    return signature
  }

  async #find(name: string, version: number | undefined): Promise<store.EnsembleRecord> {
    const known = objectName.safeParse(name).success
    const { reader } = this.#deps.database
    const record = known ? await store.findEnsemble(reader, name, version) : undefined
    if (record) return record
    const what = version === undefined ? '' : ` with a version ${version}`
    throw new KaizenError('NOT_FOUND', `there is no ensemble ${JSON.stringify(name)}${what}`, {
      hint: 'kaizen ensembles list shows those that exist.',
    })
  }
}

const signaturesOf = (members: readonly EnsembleMember[]) =>
  Object.fromEntries(members.map(({ node, signature }) => [node, signature]))

/** Says which part a failure is about. */
const named =
  (place: string) =>
  (failure: unknown): never => {
    if (!(failure instanceof KaizenError)) throw failure
    const { code, hint, message } = failure
    throw new KaizenError(code, `${place}: ${message}`, {
      cause: failure,
      ...(hint !== undefined && { hint }),
    })
  }

function paged(
  records: readonly store.EnsembleRecord[],
  limit: number,
  tokenOf: (record: store.EnsembleRecord) => string,
): Page<EnsembleView> {
  const items = records.map(viewOf)
  const last = records.at(-1)
  return records.length === limit && last ? { items, nextPageToken: tokenOf(last) } : { items }
}

const viewOf = ({ bundle: _, members, ...record }: store.EnsembleRecord): EnsembleView => ({
  ...record,
  members: [...members],
})
