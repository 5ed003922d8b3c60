import { KaizenError, type Page, type ServiceView } from '@kaizen/contracts'
import { type Actor, digestOf } from '../kernel/index.ts'
import type { Reader, Tx } from '../storage/index.ts'
import * as store from './definitions.store.ts'
import type { FeatureDeps } from './dependencies.ts'
import type {
  Asked,
  CodeBundle,
  DefinitionKind,
  DefinitionRecord,
  Definitions,
  EntityView,
  FeatureServiceView,
  FeatureView,
  OnDemandView,
  ResolvedOnDemand,
  ResolvedView,
  Selection,
} from './model.ts'
import { emptyOnlineState } from './model.ts'
import { checkOnDemand } from './on-demand.ts'
import { deleteSets, findSet, setsOf } from './online-sets.store.ts'
import {
  checkView,
  joinKeysOf,
  listed,
  parseViewReference,
  valuesDigest,
  viewsOf,
} from './rules.ts'
import { inOrderOf, keyColumns, requestColumns, select } from './selection.ts'

const called: Readonly<Record<DefinitionKind, string>> = {
  entity: 'entity',
  view: 'feature view',
  'on-demand': 'on-demand view',
  service: 'feature service',
}
const nouns: Readonly<Record<DefinitionKind, string>> = {
  entity: 'entity',
  view: 'feature-view',
  'on-demand': 'on-demand-view',
  service: 'feature-service',
}

/** Versions of definitions: those in force, and those before them. */
export class FeatureDefinitions {
  readonly #deps: FeatureDeps

  constructor(deps: FeatureDeps) {
    this.#deps = deps
  }

  /** Brings a definition into force; the same again changes nothing. Without a project it keeps the one it has. */
  async define<K extends DefinitionKind>(
    tx: Tx,
    actor: Actor,
    given: {
      readonly kind: K
      readonly definition: Definitions[K]
      readonly project: string | null
      /** The files that its code is among. */
      readonly bundle?: CodeBundle
    },
  ): Promise<void> {
    const { audit, clock } = this.#deps
    const { kind, definition, bundle = null } = given
    const { name } = definition
    await this.#check(tx, kind, definition)
    const before = await store.findDefinition(tx, kind, name)
    const project = given.project ?? before?.project ?? null
    const digest = digestOf(definition)
    if (before?.digest === digest) {
      if (before.project !== project) await store.setProject(tx, { kind, name, project })
      return
    }
    const version = (before?.version ?? 0) + 1
    await store.insertDefinition(tx, {
      kind,
      name,
      version,
      project,
      digest,
      definition,
      bundle,
      createdAt: clock.now(),
      createdBy: actor.name,
    })
    if (before && before.project !== project) await store.setProject(tx, { kind, name, project })
    await audit.append(tx, {
      actor,
      type: `features.${kind}.${before ? 'changed' : 'created'}`,
      subject: `${nouns[kind]}:${name}`,
      data: { version, digest, project, before: before?.definition ?? null, after: definition },
    })
  }

  /** Removes a definition with all its versions. @throws NOT_FOUND, CONFLICT where another one needs it */
  async remove(tx: Tx, actor: Actor, kind: DefinitionKind, name: string): Promise<void> {
    const record = await this.#record(tx, kind, name)
    if (kind !== 'service') await this.#checkUnused(tx, kind, name)
    if (kind === 'view') {
      const sets = await setsOf(tx, name)
      await this.#deps.online.remove(
        tx,
        sets.map(({ no }) => no),
      )
      await deleteSets(tx, name)
    }
    await store.deleteDefinition(tx, kind, name)
    await this.#deps.audit.append(tx, {
      actor,
      type: `features.${kind}.removed`,
      subject: `${nouns[kind]}:${name}`,
      data: { version: record.version, before: record.definition },
    })
  }

  /** What is declared of a name, with the project that declares it. @throws NOT_FOUND */
  async get<K extends DefinitionKind>(kind: K, name: string): Promise<DefinitionRecord<K>> {
    return this.#record(this.#deps.database.reader, kind, name)
  }

  async list<K extends 'entity' | 'service'>(
    kind: K,
    limit: number,
    after = '',
  ): Promise<Page<K extends 'entity' ? EntityView : FeatureServiceView>> {
    const records = await store.listDefinitions(this.#deps.database.reader, kind, after, limit)
    type View = K extends 'entity' ? EntityView : FeatureServiceView
    return pageOf(records, records.map(plainView) as unknown as readonly View[], limit)
  }

  async onDemandViews(limit: number, after = ''): Promise<Page<OnDemandView>> {
    const { reader } = this.#deps.database
    const records = await store.listDefinitions(reader, 'on-demand', after, limit)
    const items = await Promise.all(records.map((record) => this.#onDemandView(record)))
    return pageOf(records, items, limit)
  }

  /** @throws NOT_FOUND */
  async onDemandView(name: string, version?: number): Promise<OnDemandView> {
    const { reader } = this.#deps.database
    return this.#onDemandView(await this.#record(reader, 'on-demand', name, version))
  }

  async views(limit: number, after = ''): Promise<Page<FeatureView>> {
    const records = await store.listDefinitions(this.#deps.database.reader, 'view', after, limit)
    return pageOf(records, await Promise.all(records.map((record) => this.#view(record))), limit)
  }

  async versions(name: string, limit: number, before: number): Promise<Page<FeatureView>> {
    const { reader } = this.#deps.database
    await this.get('view', name)
    const records = await store.listVersions(reader, { kind: 'view', name }, before, limit)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last
      ? { items, nextPageToken: String(last.version) }
      : { items }
  }

  /** @throws NOT_FOUND */
  async view(name: string, version?: number): Promise<FeatureView> {
    return this.#view(await this.#record(this.#deps.database.reader, 'view', name, version))
  }

  /** A version of a view with its join keys. @throws NOT_FOUND */
  async resolve(name: string, version?: number): Promise<ResolvedView> {
    const { reader } = this.#deps.database
    return this.#resolved(reader, await this.#record(reader, 'view', name, version))
  }

  /** What is asked for, by references or by the name of a service. @throws NOT_FOUND, INVALID_REQUEST */
  async select({ features, service }: Asked): Promise<Selection> {
    if (service !== undefined) {
      const { definition } = await this.get('service', service)
      return this.#select(this.#deps.database.reader, definition.views)
    }
    const references = features ?? []
    if (references.length === 0)
      throw new KaizenError('INVALID_REQUEST', 'no feature is asked for', {
        hint: 'Name features as VIEW:FEATURE, or a feature service.',
      })
    return inOrderOf(
      await this.#select(this.#deps.database.reader, viewsOf(references)),
      references,
    )
  }

  async #select(reader: Reader, asked: readonly ServiceView[]): Promise<Selection> {
    const views = new Map<string, ResolvedView | ResolvedOnDemand>()
    for (const { view } of asked)
      if (!views.has(view)) views.set(view, await this.#anyView(reader, view))
    return select(asked, views)
  }

  /** Views of both kinds share their names. */
  async #anyView(reader: Reader, reference: string): Promise<ResolvedView | ResolvedOnDemand> {
    const { name, version } = parseViewReference(reference)
    const computed = await store.findDefinition(reader, 'on-demand', name, version)
    if (computed) return this.#resolvedOnDemand(reader, computed)
    return this.#resolved(reader, await this.#record(reader, 'view', name, version))
  }

  async #resolvedOnDemand(
    reader: Reader,
    { name, version, definition, bundle }: DefinitionRecord<'on-demand'>,
  ): Promise<ResolvedOnDemand> {
    const views = new Map<string, ResolvedView>()
    for (const input of definition.inputs) {
      if (input.from !== 'view' || views.has(input.view)) continue
      const { name: view, version: of } = parseViewReference(input.view)
      views.set(
        input.view,
        await this.#resolved(reader, await this.#record(reader, 'view', view, of)),
      )
    }
    return { name, version, definition, bundle: bundle ?? { digest: '', files: [] }, views }
  }

  async #onDemandView(record: DefinitionRecord<'on-demand'>): Promise<OnDemandView> {
    const view = await this.#resolvedOnDemand(this.#deps.database.reader, record)
    const selection = select([{ view: record.name }], new Map([[record.name, view]]))
    const request = [...keyColumns(selection), ...requestColumns(selection)]
    return { ...plainView(record), request }
  }

  async #check<K extends DefinitionKind>(
    tx: Tx,
    kind: K,
    definition: Definitions[K],
  ): Promise<void> {
    const { name } = definition
    if (kind === 'entity') return this.#checkKeysStay(tx, definition as Definitions['entity'])
    if (kind === 'service') {
      await this.#select(tx, (definition as Definitions['service']).views)
      return
    }
    await this.#checkNameIsFree(tx, kind === 'view' ? 'on-demand' : 'view', name)
    if (kind === 'on-demand') {
      const onDemand = definition as Definitions['on-demand']
      const views = await this.#resolvedOnDemand(tx, {
        name,
        version: 0,
        definition: onDemand,
      } as DefinitionRecord<'on-demand'>)
      checkOnDemand(views)
      select([{ view: name }], new Map([[name, views]]))
      return
    }
    const view = definition as Definitions['view']
    checkView(view, joinKeysOf(view, await this.#entities(tx, view.entities)))
  }

  /** References do not say of which kind a view is. */
  async #checkNameIsFree(tx: Tx, other: 'view' | 'on-demand', name: string): Promise<void> {
    if (!(await store.findDefinition(tx, other, name))) return
    const what = other === 'view' ? 'a feature view' : 'an on-demand view'
    throw new KaizenError('CONFLICT', `"${name}" is the name of ${what}`, {
      hint: 'Give one of them another name.',
    })
  }

  /** Rows in the online store are found by the join keys that they were written with. */
  async #checkKeysStay(tx: Tx, entity: Definitions['entity']): Promise<void> {
    const before = await store.findDefinition(tx, 'entity', entity.name)
    if (!before || digestOf(before.definition.joinKeys) === digestOf(entity.joinKeys)) return
    await this.#checkUnused(tx, 'entity', entity.name)
  }

  async #checkUnused(tx: Tx, kind: 'entity' | 'view' | 'on-demand', name: string): Promise<void> {
    const users = await this.#users(tx, kind, name)
    if (users.length === 0) return
    throw new KaizenError(
      'CONFLICT',
      `the ${called[kind]} "${name}" is needed by the ${listed(users)}`,
      { hint: 'Change or remove what needs it first.' },
    )
  }

  /** What names it, with its kind. */
  async #users(
    tx: Tx,
    kind: 'entity' | 'view' | 'on-demand',
    name: string,
  ): Promise<readonly string[]> {
    const limit = 100_000
    const said = (user: 'view' | 'on-demand' | 'service', names: readonly string[]) =>
      names.length === 0 ? [] : [`${called[user]} ${listed(names)}`]
    if (kind === 'entity') {
      const views = await store.listDefinitions(tx, 'view', '', limit)
      const users = views.filter(({ definition }) => definition.entities.includes(name))
      return said(
        'view',
        users.map((view) => view.name),
      )
    }
    const isIt = (reference: string): boolean => parseViewReference(reference).name === name
    const services = await store.listDefinitions(tx, 'service', '', limit)
    const computed = await store.listDefinitions(tx, 'on-demand', '', limit)
    return [
      ...said(
        'service',
        services
          .filter(({ definition }) => definition.views.some(({ view }) => isIt(view)))
          .map((service) => service.name),
      ),
      ...said(
        'on-demand',
        computed
          .filter(({ definition }) =>
            definition.inputs.some((input) => input.from === 'view' && isIt(input.view)),
          )
          .map((view) => view.name),
      ),
    ]
  }

  async #entities(
    reader: Reader,
    names: readonly string[],
  ): Promise<readonly Definitions['entity'][]> {
    const records = []
    for (const name of names) records.push(await this.#record(reader, 'entity', name))
    return records.map(({ definition }) => definition)
  }

  async #resolved(reader: Reader, record: DefinitionRecord<'view'>): Promise<ResolvedView> {
    const { name, version, definition } = record
    const entities = await this.#entities(reader, definition.entities)
    return { name, version, definition, joinKeys: joinKeysOf(definition, entities) }
  }

  async #record<K extends DefinitionKind>(
    reader: Reader,
    kind: K,
    name: string,
    version?: number,
  ): Promise<DefinitionRecord<K>> {
    const record = await store.findDefinition(reader, kind, name, version)
    if (record) return record
    const what = version === undefined ? '' : `version ${version} of `
    throw new KaizenError('NOT_FOUND', `there is no ${what}${called[kind]} named "${name}"`, {
      hint: '`kaizen features list` shows what there is.',
    })
  }

  async #view(record: DefinitionRecord<'view'>): Promise<FeatureView> {
    const { reader } = this.#deps.database
    const resolved = await this.#resolved(reader, record)
    const set = await findSet(reader, record.name, valuesDigest(resolved))
    const { pieces: _pieces, ...online } = set?.state ?? emptyOnlineState
    return { ...plainView(record), joinKeys: [...resolved.joinKeys], online }
  }
}

function plainView<K extends DefinitionKind>(record: DefinitionRecord<K>) {
  const { project, version, digest, createdAt, createdBy, definition } = record
  return { project, version, digest, createdAt, createdBy, definition }
}

function pageOf<T>(
  records: readonly { readonly name: string }[],
  items: readonly T[],
  limit: number,
): Page<T> {
  const last = records.at(-1)
  return records.length === limit && last
    ? { items: [...items], nextPageToken: last.name }
    : { items: [...items] }
}
