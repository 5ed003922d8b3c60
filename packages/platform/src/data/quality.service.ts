import {
  type DatasetContract,
  type DatasetDeclaration,
  type ExpectationConfig,
  type ExpectationSuite,
  KaizenError,
  type Page,
  type Validation,
  type ValidationSummary,
} from '@kaizen/contracts'
import { type Actor, digestOf } from '../kernel/index.ts'
import { literal, type Tx } from '../storage/index.ts'
import { type CheckedBy, checkVersion } from './check-version.ts'
import type { DataDeps } from './dependencies.ts'
import { expectationsIn } from './expectations/environments.ts'
import { expectationOf } from './expectations/expectations.ts'
import { inferExpectations } from './expectations/infer.ts'
import { type MaskedTable, maskedRows } from './masked-rows.ts'
import type { VersionRecord } from './model.ts'
import type { Profiles } from './profiles.ts'
import { brokenContract, heldBack } from './quality.rules.ts'
import * as quality from './quality.store.ts'
import * as store from './store.ts'

/** Name of the suite that a project's declaration makes. */
const declaredSuite = 'declared'

type NewSuite = Pick<ExpectationSuite, 'dataset' | 'name' | 'expectations' | 'meta'> &
  Partial<Pick<ExpectationSuite, 'environments'>>

/** What a version is validated by. */
export interface ValidationRequest extends Pick<CheckedBy, 'environment' | 'resultFormat'> {
  readonly suite?: string | undefined
  readonly expectations?: readonly ExpectationConfig[] | undefined
}

/** A validation that waits to be recorded with what it belongs to. */
export type Checked = quality.ValidationRecord

/** Suites of expectations, the contract of a dataset, and what validations found. */
export class QualityService {
  readonly #deps: DataDeps
  readonly #profiles: Profiles

  constructor(deps: DataDeps, profiles: Profiles) {
    this.#deps = deps
    this.#profiles = profiles
  }

  async suites(dataset: string, limit: number, after = ''): Promise<Page<ExpectationSuite>> {
    await this.#mustExist(dataset)
    const items = await quality.listSuites(this.#deps.database.reader, dataset, { after, limit })
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** @throws NOT_FOUND */
  async suite(dataset: string, name: string): Promise<ExpectationSuite> {
    await this.#mustExist(dataset)
    const found = await quality.findSuite(this.#deps.database.reader, dataset, name)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `the dataset "${dataset}" has no suite named "${name}"`, {
      hint: `\`kaizen data suites ${dataset}\` lists them; \`kaizen data import-suite ${dataset} FILE\` adds one.`,
    })
  }

  /** Creates or replaces a suite. @throws UNSUPPORTED for an expectation that is not known */
  async saveSuite(actor: Actor, input: NewSuite): Promise<ExpectationSuite> {
    await this.#mustExist(input.dataset)
    for (const { type } of input.expectations) expectationOf(type)
    return this.#deps.database.write((tx) => this.#saveSuite(tx, actor, input))
  }

  /** @throws CONFLICT while the contract names it */
  async deleteSuite(actor: Actor, dataset: string, name: string): Promise<void> {
    await this.suite(dataset, name)
    await this.#deps.database.write(async (tx) => {
      if ((await quality.findContract(tx, dataset))?.suite === name)
        throw new KaizenError('CONFLICT', `the contract of "${dataset}" is the suite "${name}"`, {
          hint: `Remove the contract first: kaizen data contract ${dataset} --none`,
        })
      await quality.deleteSuite(tx, dataset, name)
      await this.#deps.audit.append(tx, {
        actor,
        type: 'data.suite.deleted',
        subject: `dataset:${dataset}`,
        data: { suite: name },
      })
    })
  }

  async contract(dataset: string): Promise<DatasetContract | null> {
    await this.#mustExist(dataset)
    return quality.findContract(this.#deps.database.reader, dataset)
  }

  /** Sets the suite that every new version must meet, or lifts it. */
  async setContract(
    actor: Actor,
    dataset: string,
    contract: DatasetContract | null,
  ): Promise<void> {
    if (contract)
      expectationsIn(await this.suite(dataset, contract.suite), contract.environment, {
        schema: [],
      })
    await this.#deps.database.write(async (tx) => {
      const before = await quality.findContract(tx, dataset)
      await this.#changeContract(tx, actor, { dataset, before, after: contract })
    })
  }

  /** Brings a declared contract into force, or lifts the one that was declared before. */
  async declare(
    tx: Tx,
    actor: Actor,
    dataset: string,
    declared: DatasetDeclaration['contract'],
  ): Promise<void> {
    const before = await quality.findContract(tx, dataset)
    if (declared === undefined) {
      if (before?.suite !== declaredSuite) return
      await this.#changeContract(tx, actor, { dataset, before, after: null })
      await quality.deleteSuite(tx, dataset, declaredSuite)
      return
    }
    const { expectations, onFailure, environments = {}, environment } = declared
    for (const { type } of expectations) expectationOf(type)
    const known = await quality.findSuite(tx, dataset, declaredSuite)
    const wanted = { expectations, environments }
    const suite = { dataset, name: declaredSuite, ...wanted, meta: {} }
    expectationsIn(suite, environment, { schema: [] })
    if (
      !known ||
      digestOf({ expectations: known.expectations, environments: known.environments }) !==
        digestOf(wanted)
    )
      await this.#saveSuite(tx, actor, suite)
    const after = { suite: declaredSuite, onFailure, ...(environment ? { environment } : {}) }
    if (before === null || digestOf(before) !== digestOf(after))
      await this.#changeContract(tx, actor, { dataset, before, after })
  }

  /** Expectations that a version meets. */
  async infer(
    dataset: string,
    version: number,
    absent: readonly string[],
  ): Promise<readonly ExpectationConfig[]> {
    const found = await this.#version(dataset, version)
    return inferExpectations(found.schema, await this.#profiles.of(found), absent)
  }

  /** Validates a version by a saved suite or by given expectations, and keeps the result. */
  async validate(
    actor: Actor,
    dataset: string,
    version: number,
    by: ValidationRequest,
  ): Promise<Validation> {
    if ((by.suite === undefined) === (by.expectations === undefined))
      throw new KaizenError(
        'INVALID_REQUEST',
        'a validation takes a suite or expectations, one of them',
        {
          hint: 'Send { "suite": NAME } or { "expectations": [...] }.',
        },
      )
    const found = await this.#version(dataset, version)
    const suite = by.expectations
      ? { name: '(given)', expectations: by.expectations }
      : await this.suite(dataset, by.suite as string)
    const checked = await this.#check(actor, found, { ...by, suite })
    await this.#deps.database.write((tx) => this.record(tx, actor, checked))
    const { rowsDigest: _, ...validation } = checked
    return validation
  }

  /**
   * Holds a version that is about to be made against the contract of its dataset. What comes back is to be recorded
   * with the version.
   * @throws INVALID_DATA when the contract blocks it; the validation and the rows that failed are kept.
   */
  async enforce(actor: Actor, version: VersionRecord): Promise<Checked | undefined> {
    const { database } = this.#deps
    const contract = await quality.findContract(database.reader, version.dataset)
    if (!contract) return undefined
    const suite = await this.suite(version.dataset, contract.suite)
    const { environment } = contract
    const checked = await this.#check(actor, version, { suite, environment })
    if (checked.success || contract.onFailure !== 'block') return checked
    const refused = { ...checked, version: null }
    await database.write((tx) => this.record(tx, actor, refused))
    throw brokenContract(refused)
  }

  /**
   * Lets a pipeline read a version, unless the contract holds back versions that break it. A version that was not
   * validated by the suite as it is now is validated first.
   * @throws INVALID_DATA when the version is held back
   */
  async admit(actor: Actor, dataset: string, wanted: number | 'latest'): Promise<void> {
    const { reader } = this.#deps.database
    const contract = await quality.findContract(reader, dataset)
    if (contract?.onFailure !== 'hold') return
    const suite = await this.suite(dataset, contract.suite)
    const version = await this.#version(dataset, wanted)
    const recent = await quality.listValidations(reader, dataset, { before: undefined, limit: 200 })
    const known = recent.find(
      (each) =>
        each.version === version.version &&
        each.suite === suite.name &&
        each.environment === (contract.environment ?? null) &&
        each.createdAt >= suite.updatedAt,
    )
    if (known?.success) return
    if (known) throw heldBack(await this.validation(dataset, known.id))
    const { environment } = contract
    const checked = await this.#check(actor, version, { suite, environment })
    await this.#deps.database.write((tx) => this.record(tx, actor, checked))
    if (!checked.success) throw heldBack(checked)
  }

  /** Writes a validation and its event in the caller's transaction. */
  async record(tx: Tx, actor: Actor, checked: Checked): Promise<void> {
    await quality.insertValidation(tx, checked)
    await this.#deps.audit.append(tx, {
      actor,
      type: checked.version === null ? 'data.version.refused' : 'data.version.validated',
      subject: `dataset:${checked.dataset}`,
      data: {
        validation: checked.id,
        version: checked.version,
        suite: checked.suite,
        success: checked.success,
        statistics: checked.statistics,
        failedRows: checked.failedRows,
      },
    })
  }

  async validations(
    dataset: string,
    limit: number,
    before?: string,
  ): Promise<Page<ValidationSummary>> {
    await this.#mustExist(dataset)
    const { reader } = this.#deps.database
    const items = await quality.listValidations(reader, dataset, { before, limit })
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** @throws NOT_FOUND */
  async validation(dataset: string, id: string): Promise<Checked> {
    await this.#mustExist(dataset)
    const found = await quality.findValidation(this.#deps.database.reader, dataset, id)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `the dataset "${dataset}" has no validation ${id}`, {
      hint: `\`kaizen data validations ${dataset}\` lists them.`,
    })
  }

  /** Rows that broke an expectation, in stored order; values that look like personal data are masked. */
  async failedRows(
    dataset: string,
    id: string,
    range: { readonly limit: number; readonly after: number },
  ): Promise<MaskedTable> {
    const { rowsDigest } = await this.validation(dataset, id)
    if (rowsDigest === null) return { rowCount: 0, columns: [], masked: [] }
    const path = await this.#deps.blobs.localPath(rowsDigest)
    return maskedRows(this.#deps.lake, `read_parquet(${literal(path)})`, range)
  }

  async #saveSuite(tx: Tx, actor: Actor, input: NewSuite): Promise<ExpectationSuite> {
    const suite = {
      environments: {},
      ...input,
      updatedAt: this.#deps.clock.now(),
      updatedBy: actor.name,
    }
    await quality.upsertSuite(tx, suite)
    await this.#deps.audit.append(tx, {
      actor,
      type: 'data.suite.saved',
      subject: `dataset:${input.dataset}`,
      data: {
        suite: input.name,
        expectations: input.expectations,
        environments: suite.environments,
      },
    })
    return suite
  }

  async #changeContract(
    tx: Tx,
    actor: Actor,
    change: {
      readonly dataset: string
      readonly before: DatasetContract | null
      readonly after: DatasetContract | null
    },
  ): Promise<void> {
    const { dataset, before, after } = change
    await quality.saveContract(tx, dataset, after)
    await this.#deps.audit.append(tx, {
      actor,
      type: 'data.contract.changed',
      subject: `dataset:${dataset}`,
      data: { before, after },
    })
  }

  #check(actor: Actor, version: VersionRecord, by: CheckedBy): Promise<Checked> {
    return checkVersion(
      this.#deps,
      {
        actor,
        version,
        other: (dataset, number) => this.#version(dataset, number),
        earlier: (number) => this.#earlier(version, number),
      },
      by,
    )
  }

  async #earlier(
    { dataset, version }: VersionRecord,
    wanted: number | undefined,
  ): Promise<VersionRecord | null> {
    if (wanted !== undefined) return this.#version(dataset, wanted)
    const { reader } = this.#deps.database
    return (await store.listVersions(reader, dataset, version, 1))[0] ?? null
  }

  async #version(dataset: string, version: number | 'latest'): Promise<VersionRecord> {
    const { reader } = this.#deps.database
    await this.#mustExist(dataset)
    const found =
      version === 'latest'
        ? await store.latestVersion(reader, dataset)
        : await store.findVersion(reader, dataset, version)
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      `the dataset "${dataset}" has no version${version === 'latest' ? ' yet' : ` ${version}`}`,
      { hint: `Add rows with \`kaizen data add ${dataset} FILE\`.` },
    )
  }

  async #mustExist(dataset: string): Promise<void> {
    if (await store.findDataset(this.#deps.database.reader, dataset)) return
    throw new KaizenError('NOT_FOUND', `there is no dataset named "${dataset}"`, {
      hint: '`kaizen data list` shows what there is; `kaizen data create NAME` registers one.',
    })
  }
}
