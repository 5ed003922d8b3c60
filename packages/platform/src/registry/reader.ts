import { KaizenError, type ModelVersionView, type Page, type PageQuery } from '@kaizen/contracts'
import { defaultWorkspace, type Visibility } from '../kernel/index.ts'
import type { Database, Reader } from '../storage/index.ts'
import {
  type Position,
  pageToken,
  parseFilter,
  parseOrders,
  readPageToken,
} from '../tracking/index.ts'
import type { ModelVersion, RegisteredModel } from './model.ts'
import * as models from './models.store.ts'
import { checkModelName, parseModelUri, toVersionView } from './rules.ts'
import { searchModels, searchVersions } from './search.store.ts'
import { modelGrammar, modelOrderGrammar, versionGrammar, versionOrderGrammar } from './search.ts'
import * as versions from './versions.store.ts'

export interface RegistrySearch {
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  readonly pageToken?: string | undefined
  /** Which models the caller sees, by name; all unless told. */
  readonly visible?: Visibility | undefined
  readonly workspace?: string | undefined
}

/** Versions are read by so many at a time: databases bind a limited number of values. */
const readChunk = 1000

/** Registered models and versions as they are read: by name, by URI, by search. */
export class RegistryReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The version that `models:/NAME/VERSION` or `models:/NAME@ALIAS` means now.
   * @throws INVALID_REQUEST for another URI, NOT_FOUND
   */
  async resolve(uri: string): Promise<ModelVersionView> {
    const { reader } = this.#database
    const reference = parseModelUri(uri)
    if (reference.kind === 'logged-model') {
      throw new KaizenError('INVALID_REQUEST', `${uri} is a logged model, not a registered one`, {
        hint: 'Register it first, then use models:/NAME/VERSION or models:/NAME@ALIAS.',
      })
    }
    return toVersionView(
      reference.kind === 'version'
        ? await this.version(reader, reference.name, reference.version)
        : await this.versionByAlias(reader, reference.name, reference.alias),
    )
  }

  /** Models by name, a page at a time. */
  async models(
    page: PageQuery,
    visible?: Visibility,
    workspace?: string,
  ): Promise<Page<RegisteredModel>> {
    return this.searchModels({ filter: '', orderBy: [], visible, workspace, ...page })
  }

  /** Models that match a filter; prompts only where the filter speaks of them. @throws INVALID_FILTER */
  async searchModels(query: RegistrySearch): Promise<Page<RegisteredModel>> {
    const { reader, dialect } = this.#database
    const identity = ['models', query.filter, query.orderBy, query.workspace]
    const found = await searchModels(reader, dialect, {
      clauses: parseFilter(query.filter, modelGrammar),
      order: parseOrders(query.orderBy, modelOrderGrammar),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: query.limit + 1,
      visible: query.visible,
      workspace: query.workspace ?? defaultWorkspace,
    })
    const shown = found.slice(0, query.limit)
    const items = await models.readModels(
      reader,
      shown.map(({ number }) => number),
    )
    return pageOf(items, found.length > query.limit, identity, shown.at(-1)?.position)
  }

  /** Versions that match a filter; those of prompts only where the filter speaks of them. @throws INVALID_FILTER */
  async searchVersions(query: RegistrySearch): Promise<Page<ModelVersion>> {
    const { reader, dialect } = this.#database
    const identity = ['versions', query.filter, query.orderBy, query.workspace]
    const found = await searchVersions(reader, dialect, {
      clauses: parseFilter(query.filter, versionGrammar),
      order: parseOrders(query.orderBy, versionOrderGrammar),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: query.limit + 1,
      visible: query.visible,
      workspace: query.workspace ?? defaultWorkspace,
    })
    const shown = found.slice(0, query.limit)
    const items: ModelVersion[] = []
    for (let at = 0; at < shown.length; at += readChunk) {
      items.push(...(await versions.readVersions(reader, shown.slice(at, at + readChunk))))
    }
    return pageOf(items, found.length > query.limit, identity, shown.at(-1)?.position)
  }

  /** Versions of a model, newest first. @throws NOT_FOUND */
  async versions(name: string, page: PageQuery): Promise<Page<ModelVersion>> {
    const { reader } = this.#database
    const modelNumber = await this.modelNumber(reader, name)
    const identity = ['versions-of', name]
    const [before] = page.pageToken ? readPageToken(page.pageToken, identity) : []
    const keys = await versions.listVersions(reader, modelNumber, {
      before: before === undefined ? undefined : versionOf(before),
      limit: page.limit + 1,
    })
    const shown = keys.slice(0, page.limit)
    const items = await versions.readVersions(reader, shown)
    const last = shown.at(-1)
    return pageOf(items, keys.length > page.limit, identity, last && [last.version])
  }

  /** The newest ready version of each stage, by model number. */
  async latestOfStages(
    modelNumbers: readonly number[],
  ): Promise<ReadonlyMap<number, readonly ModelVersion[]>> {
    const { reader } = this.#database
    const keys = await versions.latestOfStages(reader, modelNumbers)
    return Map.groupBy(await versions.readVersions(reader, keys), (item) => item.modelNumber)
  }

  /** @throws NOT_FOUND */
  async model(reader: Reader, name: string): Promise<RegisteredModel> {
    const [model] = await models.readModels(reader, [await this.modelNumber(reader, name)])
    return model as RegisteredModel
  }

  /** @throws NOT_FOUND */
  async version(reader: Reader, name: string, version: number): Promise<ModelVersion> {
    const modelNumber = await this.modelNumber(reader, name)
    const [found] = await versions.readVersions(reader, [{ modelNumber, version }])
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      `Model Version (name=${name}, version=${version}) not found`,
      { hint: 'List the versions of the model to see which there are.' },
    )
  }

  /** @throws NOT_FOUND */
  async versionByAlias(reader: Reader, name: string, alias: string): Promise<ModelVersion> {
    const version = await models.readAlias(reader, await this.modelNumber(reader, name), alias)
    if (version !== undefined) return this.version(reader, name, version)
    throw new KaizenError('NOT_FOUND', `Registered model alias ${alias} not found.`, {
      hint: `Set it first: point the alias "${alias}" of "${name}" at a version.`,
    })
  }

  protected async modelNumber(reader: Reader, name: string): Promise<number> {
    // PostgreSQL refuses a NUL in any text, so a name that holds one is not asked for.
    const number = name.includes('\0') ? undefined : await models.findModelNumber(reader, name)
    if (number !== undefined) return number
    if (name === '') checkModelName(name, defaultWorkspace)
    throw new KaizenError(
      'NOT_FOUND',
      `Registered Model with name=${name.slice(0, 300)} not found`,
      { hint: 'List the models to see which there are, or register one.' },
    )
  }
}

const pageOf = <T>(
  items: readonly T[],
  more: boolean,
  identity: readonly unknown[],
  position: Position | undefined,
): Page<T> =>
  more && position ? { items, nextPageToken: pageToken(identity, position) } : { items }

/** A version number out of a page token. @throws INVALID_REQUEST */
function versionOf(value: string | number): number {
  if (Number.isSafeInteger(value)) return value as number
  throw new KaizenError('INVALID_REQUEST', 'Invalid page token')
}
