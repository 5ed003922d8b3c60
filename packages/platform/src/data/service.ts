import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DatasetDeclaration, type JsonValue, KaizenError, type Page } from '@kaizen/contracts'
import { type Actor, digestOf } from '../kernel/index.ts'
import { literal, type Table, type Tx } from '../storage/index.ts'
import type { DataDeps } from './dependencies.ts'
import { type Intake, type IntakeDeps, intakeFile, intakeTable } from './intake.ts'
import { maskedRows } from './masked-rows.ts'
import { joinMeasures, type Measures, measure } from './measures.ts'
import type {
  ColumnProfile,
  Dataset,
  DatasetRecord,
  DatasetVersion,
  DataWindow,
  FileSource,
  TimeRange,
  VersionRecord,
} from './model.ts'
import { Profiles } from './profiles.ts'

import { QualityService } from './quality.service.ts'
import { relationOf } from './relation.ts'
import { ReportService } from './report.service.ts'
import { contentDigest, windowSql } from './rules.ts'
import * as store from './store.ts'

export interface NewDataset {
  readonly name: string
  readonly description?: string
  readonly eventTime?: DatasetRecord['eventTime']
  readonly rules?: DatasetRecord['rules']
}

/** Datasets: immutable, content-addressed versions of rows, with rules that keep bad rows apart. */
export class DataService {
  /** Expectations, contracts and validations of the same datasets. */
  readonly quality: QualityService
  readonly reports: ReportService
  readonly #deps: DataDeps
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #profiles: Profiles

  constructor(deps: DataDeps) {
    this.#deps = deps
    this.#profiles = new Profiles(deps)
    this.quality = new QualityService(deps, this.#profiles)
    this.reports = new ReportService(deps, this)
  }

  /** @throws ALREADY_EXISTS */
  async create(actor: Actor, input: NewDataset): Promise<Dataset> {
    await this.#deps.database.write(async (tx) => {
      if (await store.findDataset(tx, input.name)) {
        throw new KaizenError('ALREADY_EXISTS', `a dataset named "${input.name}" exists already`, {
          hint: `Add rows to it with \`kaizen data add ${input.name} FILE\`, or choose another name.`,
        })
      }
      await this.#save(tx, actor, null, input)
    })
    return this.get(input.name)
  }

  /** Brings a project's declaration into force; versions stay as they are. */
  async declare(
    tx: Tx,
    actor: Actor,
    declaration: DatasetDeclaration,
    project: string,
  ): Promise<void> {
    await this.#save(tx, actor, project, declaration)
    await this.quality.declare(tx, actor, declaration.name, declaration.contract)
  }

  async get(name: string): Promise<Dataset> {
    return this.#view(await this.#record(name))
  }

  async list(limit: number, after = ''): Promise<Page<Dataset>> {
    const records = await store.listDatasets(this.#deps.database.reader, after, limit)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** @throws NOT_FOUND */
  async version(name: string, version: number | 'latest'): Promise<VersionRecord> {
    const { reader } = this.#deps.database
    await this.#record(name)
    const found =
      version === 'latest'
        ? await store.latestVersion(reader, name)
        : await store.findVersion(reader, name, version)
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      version === 'latest'
        ? `the dataset "${name}" has no version yet`
        : `the dataset "${name}" has no version ${version}`,
      {
        hint: `Add rows with \`kaizen data add ${name} FILE\`.`,
      },
    )
  }

  /** What the columns of a version hold: computed when it is first asked for, then kept. @throws NOT_FOUND */
  async profile(name: string, number: number): Promise<readonly ColumnProfile[]> {
    return this.#profiles.of(await this.version(name, number))
  }

  async versions(
    name: string,
    limit: number,
    before = Number.MAX_SAFE_INTEGER,
  ): Promise<Page<DatasetVersion>> {
    await this.#record(name)
    const items = await store.listVersions(this.#deps.database.reader, name, before, limit)
    const last = items.at(-1)
    return items.length === limit && last
      ? { items, nextPageToken: String(last.version) }
      : { items }
  }

  /** Adds the rows of a CSV or Parquet file as a new version. @throws INVALID_DATA */
  async addFile(name: string, source: FileSource): Promise<DatasetVersion> {
    return this.#serially(name, async () => {
      const record = await this.#record(name)
      const base =
        source.mode === 'append'
          ? await store.latestVersion(this.#deps.database.reader, name)
          : undefined
      const intake = await intakeFile(this.#intakeDeps(), record, base?.schema, source)
      return this.#addVersion(record, base, { intake, actor: source.actor, origin: source.origin })
    })
  }

  /** Appends rows held in memory, such as labelled predictions, as a new version. @throws INVALID_DATA */
  async addTable(
    actor: Actor,
    name: string,
    table: Table,
    origin: Readonly<Record<string, unknown>>,
  ): Promise<DatasetVersion> {
    return this.#serially(name, async () => {
      const record = await this.#record(name)
      const base = await store.latestVersion(this.#deps.database.reader, name)
      const intake = await intakeTable(this.#intakeDeps(), record, base?.schema, table)
      return this.#addVersion(record, base, { intake, actor, origin })
    })
  }

  /** Rows of a version with event time in a window, as one Parquet file; asked again, the same file. */
  async window(name: string, version: number | 'latest', range: TimeRange): Promise<DataWindow> {
    const { database, blobs, lake, ids, workFolder } = this.#deps
    const record = await this.#record(name)
    const found = await this.version(name, version)
    const key = digestOf({
      version: found.digest,
      eventTime: record.eventTime,
      from: range.from ?? null,
      to: range.to ?? null,
    })
    let window = await store.findWindow(database.reader, key)
    if (!window || !(await blobs.stat(window.digest))) {
      const condition = windowSql(record.eventTime, found.schema, range)
      const path = join(workFolder, `${ids.next('window')}.parquet`)
      try {
        const { rowCount } = await lake.copyToParquet(
          `SELECT * FROM ${await relationOf(blobs, found)} ${condition}`,
          path,
        )
        const made = { ...(await blobs.put(createReadStream(path))), rowCount }
        await database.write((tx) => store.insertWindow(tx, key, made))
        window = made
      } finally {
        await rm(path, { force: true })
      }
    }
    return {
      ...window,
      path: await blobs.localPath(window.digest),
      version: found.version,
      versionDigest: found.digest,
    }
  }

  /** Rows in stored order; `quarantined` shows those that broke a rule when this version was made, personal data masked. */
  async rows(
    name: string,
    version: number,
    options: { readonly limit: number; readonly after: number; readonly quarantined: boolean },
  ): Promise<Table> {
    const found = await this.version(name, version)
    if (options.quarantined && found.quarantineDigest === null) return { rowCount: 0, columns: [] }
    if (options.quarantined) {
      const path = await this.#deps.blobs.localPath(found.quarantineDigest as string)
      return maskedRows(this.#deps.lake, `read_parquet(${literal(path)})`, options)
    }
    return this.#deps.lake.query(
      `SELECT * FROM ${await relationOf(this.#deps.blobs, found)} LIMIT ${options.limit} OFFSET ${options.after}`,
    )
  }

  async #save(tx: Tx, actor: Actor, project: string | null, input: NewDataset): Promise<void> {
    const { audit, clock } = this.#deps
    const before = await store.findDataset(tx, input.name)
    const now = clock.now()
    const record: DatasetRecord = {
      name: input.name,
      project: project ?? before?.project ?? null,
      description: input.description ?? '',
      eventTime: input.eventTime ?? null,
      rules: input.rules ?? [],
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
    await store.upsertDataset(tx, record)
    const { createdAt, updatedAt, ...declared } = record
    await audit.append(tx, {
      actor,
      type: before ? 'data.dataset.changed' : 'data.dataset.created',
      subject: `dataset:${input.name}`,
      data: { after: declared },
    })
  }

  async #record(name: string): Promise<DatasetRecord> {
    const record = await store.findDataset(this.#deps.database.reader, name)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `there is no dataset named "${name}"`, {
      hint: '`kaizen data list` shows what there is; `kaizen data create NAME` registers one.',
    })
  }

  async #view(record: DatasetRecord): Promise<Dataset> {
    const latest = await store.latestVersion(this.#deps.database.reader, record.name)
    return {
      ...record,
      rules: [...record.rules],
      latestVersion: latest?.version ?? null,
      versions: latest?.version ?? 0,
      rowCount: latest?.rowCount ?? 0,
    }
  }

  async #addVersion(
    record: DatasetRecord,
    base: VersionRecord | undefined,
    added: {
      readonly intake: Intake
      readonly actor: Actor
      readonly origin: Readonly<Record<string, unknown>>
    },
  ): Promise<DatasetVersion> {
    const { intake, actor, origin } = added
    const { database, audit, clock } = this.#deps
    const pieces = [...(base?.pieces ?? []), ...(intake.piece ? [intake.piece] : [])].map(
      ({ digest, rowCount, sizeBytes }) => ({ digest, rowCount, sizeBytes }),
    )
    if (pieces.length === 0) {
      throw new KaizenError(
        'INVALID_DATA',
        intake.quarantined > 0
          ? `no row can be kept: all ${intake.quarantined} break a rule (${intake.reasons[0]?.rule})`
          : 'there is no row to keep: the file has none, or none inside the window',
      )
    }
    const latest = await store.latestVersion(database.reader, record.name)
    const { schema, minEventTime, maxEventTime, measuredBy } = await this.#measure(
      record,
      base,
      intake,
    )
    const digest = contentDigest(schema, pieces)
    if (latest?.digest === digest && intake.quarantined === 0) return latest
    const version: VersionRecord = {
      dataset: record.name,
      version: (latest?.version ?? 0) + 1,
      digest,
      schema: [...schema],
      rowCount: pieces.reduce((sum, piece) => sum + piece.rowCount, 0),
      sizeBytes: pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0),
      pieces,
      sharedPieces: pieces.filter((piece) =>
        latest?.pieces.some((other) => other.digest === piece.digest),
      ).length,
      quarantined: intake.quarantined,
      quarantineReasons: [...intake.reasons],
      quarantineDigest: intake.quarantine?.digest ?? null,
      minEventTime,
      maxEventTime,
      measuredBy,
      origin: origin as Record<string, JsonValue>,
      createdAt: clock.now(),
      createdBy: actor.name,
    }
    const checked = await this.quality.enforce(actor, version)
    await database.write(async (tx) => {
      await store.insertVersion(tx, version)
      if (checked) await this.quality.record(tx, actor, checked)
      await audit.append(tx, {
        actor,
        type: 'data.version.created',
        subject: `dataset:${record.name}`,
        data: {
          version: version.version,
          digest,
          rowCount: version.rowCount,
          addedRows: intake.piece?.rowCount ?? 0,
          sharedPieces: version.sharedPieces,
          quarantined: version.quarantined,
          quarantineReasons: version.quarantineReasons,
          origin,
        },
      })
    })
    return version
  }

  /** An append measures its own rows only: those before it have been measured. */
  async #measure(
    record: DatasetRecord,
    base: VersionRecord | undefined,
    intake: Intake,
  ): Promise<Measures> {
    const { lake } = this.#deps
    const { eventTime } = record
    const { schema, piece } = intake
    const of = async (pieces: VersionRecord['pieces']): Promise<Measures> =>
      measure(lake, await relationOf(this.#deps.blobs, { pieces }), { schema, eventTime })
    const added = piece ? [piece] : []
    if (!base) return of(added)
    const { measuredBy } = base
    const isSame = measuredBy !== undefined && digestOf(measuredBy) === digestOf(eventTime)
    const before = isSame ? { ...base, measuredBy } : await of(base.pieces)
    return piece ? joinMeasures(before, await of(added)) : before
  }

  #intakeDeps(): IntakeDeps {
    const { lake, blobs, workFolder, ids } = this.#deps
    return { lake, blobs, folder: workFolder, uniqueName: () => ids.next('intake') }
  }

  /** Versions of one dataset are made one after the other; two at once would both follow the same base. */
  #serially<T>(name: string, work: () => Promise<T>): Promise<T> {
    const previous = this.#queues.get(name) ?? Promise.resolve()
    const next = previous.then(work, work)
    this.#queues.set(
      name,
      next.catch(() => undefined),
    )
    return next
  }
}
