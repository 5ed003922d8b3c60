import {
  type CardRevision,
  type CardSection,
  KaizenError,
  type ModelCard,
  type Page,
  type PageQuery,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { Database, Reader } from '../../storage/index.ts'
import { pageToken, readPageToken, type TrackingService } from '../../tracking/index.ts'
import type { ModelVersion } from '../model.ts'
import type { RegistryService } from '../service.ts'
import { markdownHtml } from './card-page.ts'
import * as store from './cards.store.ts'
import {
  type CardProse,
  type CardRecords,
  cardDocument,
  cardSections,
  evidenceOf,
  parseProse,
} from './cards.ts'

export interface CardDeps {
  readonly database: Database
  readonly registry: RegistryService
  readonly tracking: TrackingService
  readonly audit: AuditLog
  readonly clock: Clock
}
interface VersionName {
  readonly name: string
  readonly version: number
}

/** Model cards: evidence made from records at each reading, and prose that people write in revisions. */
export class ModelCards {
  readonly #deps: CardDeps

  constructor(deps: CardDeps) {
    this.#deps = deps
  }

  /** @throws NOT_FOUND for the version or the revision */
  async card(actor: Actor, of: VersionName, revision?: number): Promise<ModelCard> {
    const { registry, database } = this.#deps
    const { reader } = database
    const version = await registry.version(reader, of.name, of.version)
    const edit = await store.findEdit(reader, version, revision)
    if (revision !== undefined && !edit) {
      throw new KaizenError(
        'NOT_FOUND',
        `the card of version ${of.version} of "${of.name}" has no revision ${revision}`,
      )
    }
    const records = await this.#records(reader, actor, version)
    const sections = await Promise.all(
      cardSections.map(async (section): Promise<CardSection> => {
        const markdown = sectionText(section, edit?.prose ?? {}, records)
        return { ...section, markdown, html: await markdownHtml(markdown) }
      }),
    )
    return {
      ...of,
      edit: edit ? { revision: edit.revision, by: edit.by, at: edit.at } : null,
      sections,
      markdown: cardDocument(version, sections),
    }
  }

  /**
   * Writes the prose of a document as a new revision; sections that it leaves out stay as they are.
   * @throws NOT_FOUND, INVALID_REQUEST, STALE_WRITE when the card was edited meanwhile
   */
  async edit(
    actor: Actor,
    of: VersionName,
    { markdown, basedOn }: { readonly markdown: string; readonly basedOn?: number | undefined },
  ): Promise<ModelCard> {
    const prose = parseProse(markdown)
    const { database, registry, audit, clock } = this.#deps
    await database.write(async (tx) => {
      const version = await registry.version(tx, of.name, of.version)
      const before = await store.findEdit(tx, version)
      const current = before?.revision ?? 0
      const edit = {
        revision: current + 1,
        by: actor.name,
        at: clock.now(),
        prose: { ...before?.prose, ...prose },
      }
      const isStale = basedOn !== undefined && basedOn !== current
      if (isStale || !(await store.insertEdit(tx, version, edit))) throw stale(of, current)
      await audit.append(tx, {
        actor,
        type: 'registry.card.edited',
        subject: `model:${of.name}`,
        data: {
          version: of.version,
          revision: edit.revision,
          sections: changedSections(before?.prose ?? {}, edit.prose),
        },
      })
    })
    return this.card(actor, of)
  }

  /** Who edited a card when, newest first. @throws NOT_FOUND, INVALID_REQUEST for another list's token */
  async revisions(of: VersionName, page: PageQuery): Promise<Page<CardRevision>> {
    const { registry, database } = this.#deps
    const version = await registry.version(database.reader, of.name, of.version)
    const identity = ['card-revisions', of.name, of.version]
    const [before] = page.pageToken ? readPageToken(page.pageToken, identity) : []
    const found = await store.listEdits(database.reader, version, {
      before: before === undefined ? undefined : Number(before),
      limit: page.limit + 1,
    })
    const items = found.slice(0, page.limit)
    const last = items.at(-1)
    return found.length > page.limit && last
      ? { items, nextPageToken: pageToken(identity, [last.revision]) }
      : { items }
  }

  async #records(reader: Reader, actor: Actor, version: ModelVersion): Promise<CardRecords> {
    return {
      version,
      run: version.runId === null ? null : await this.#run(actor, version.runId),
      approvals: await this.#deps.registry.approvals.statuses(reader, version),
      signature: await this.#deps.registry.signatures.record(reader, version),
    }
  }

  /** The figures of a run, unless it is gone or belongs to an experiment that the reader may not see. */
  async #run(actor: Actor, runId: string): Promise<CardRecords['run']> {
    try {
      const { run, params, metrics } = await this.#deps.tracking.runs.get(runId)
      const level = actor.access?.level('experiment', run.experimentId)
      return level === 'NONE' ? null : { params, metrics }
    } catch (failure) {
      if (failure instanceof KaizenError && failure.code === 'NOT_FOUND') return null
      throw failure
    }
  }
}

const sectionText = (
  section: (typeof cardSections)[number],
  prose: CardProse,
  records: CardRecords,
): string =>
  section.kind === 'prose' ? (prose[section.id] ?? '') : evidenceOf(section.id, records)

const changedSections = (before: CardProse, after: CardProse): readonly string[] =>
  cardSections
    .filter(({ id, kind }) => kind === 'prose' && (before[id] ?? '') !== (after[id] ?? ''))
    .map(({ id }) => id)

const stale = ({ name, version }: VersionName, current: number): KaizenError =>
  new KaizenError(
    'STALE_WRITE',
    `the card of version ${version} of "${name}" is at revision ${current} by now`,
    { hint: 'Read it again, and write your change into that.', details: { revision: current } },
  )
