import { type AssessmentFields, KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import { checkLength, invalidValue, missingValue } from '../rules.ts'
import * as store from './assessments.store.ts'
import { saidOf } from './trace-wire.ts'
import type { Traces } from './traces.service.ts'
import type { Assessment } from './traces.ts'

export interface AssessmentDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly traces: Traces
}

const sourceTypes = ['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'AI_JUDGE', 'CODE']
const longestValue = 1_000_000

/** A valid assessment of what a client sent; a new id unless it brings one. @throws INVALID_REQUEST */
export function newAssessment(
  fields: AssessmentFields,
  made: { readonly traceId: string; readonly id: string; readonly now: number },
): Assessment {
  const name = fields.assessment_name
  if (!name) throw missingValue('assessment.assessment_name')
  checkLength('assessment_name', name, 250)
  checkLength('assessment_id', made.id, 100)
  if (!fields.source) throw missingValue('assessment.source')
  const value = saidOf(fields)
  if (!value) throw oneValue()
  checkLength('assessment value', value.value, longestValue)
  checkLength('rationale', fields.rationale ?? '', longestValue)
  return {
    ...value,
    assessmentId: made.id,
    traceId: made.traceId,
    name,
    sourceType: checkedSource(fields.source.source_type),
    sourceId: fields.source.source_id ?? 'default',
    spanId: fields.span_id ?? null,
    rationale: fields.rationale ?? null,
    metadata: fields.metadata,
    overrides: fields.overrides ?? null,
    valid: fields.valid ?? true,
    createdAt: fields.create_time ?? made.now,
    updatedAt: fields.last_update_time ?? made.now,
  }
}

const oneValue = (): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    'An assessment holds exactly one of feedback, expectation and issue, with a value that is JSON.',
  )

function checkedSource(type: string | undefined): string {
  if (!type) throw missingValue('assessment.source.source_type')
  if (!sourceTypes.includes(type))
    throw invalidValue('source_type', type, `expected one of ${sourceTypes.join(', ')}.`)
  return type
}

/** Feedback on traces, and what should have come out. */
export class Assessments {
  readonly #deps: AssessmentDeps

  constructor(deps: AssessmentDeps) {
    this.#deps = deps
  }

  /** The id of a new assessment. */
  newId(): string {
    return `a-${this.#deps.ids.hex32()}`
  }

  /** @throws NOT_FOUND for the trace, INVALID_REQUEST */
  async create(
    tx: Tx,
    actor: Actor,
    traceId: string,
    fields: AssessmentFields,
  ): Promise<Assessment> {
    const trace = await this.#deps.traces.requireRow(tx, traceId)
    const now = this.#deps.clock.now()
    const assessment = newAssessment(fields, { traceId, id: this.newId(), now })
    if (assessment.overrides) {
      await this.#require(tx, trace, assessment.overrides)
      await store.setValid(tx, assessment.overrides, false)
    }
    await store.putAssessments(tx, trace.number, [assessment])
    await this.#record(tx, actor, 'created', assessment)
    return assessment
  }

  /** @throws NOT_FOUND */
  async get(traceId: string, assessmentId: string): Promise<Assessment> {
    const { reader } = this.#deps.database
    return this.#require(reader, await this.#deps.traces.requireRow(reader, traceId), assessmentId)
  }

  /** Changes the fields that are named; metadata is added to. @throws NOT_FOUND, INVALID_REQUEST */
  async update(
    tx: Tx,
    actor: Actor,
    which: { readonly traceId: string; readonly assessmentId: string },
    change: { readonly fields: AssessmentFields; readonly paths: readonly string[] },
  ): Promise<Assessment> {
    const trace = await this.#deps.traces.requireRow(tx, which.traceId)
    const before = await this.#require(tx, trace, which.assessmentId)
    const after = {
      ...changed(before, change.fields, change.paths),
      updatedAt: this.#deps.clock.now(),
    }
    await store.putAssessments(tx, trace.number, [after])
    await this.#record(tx, actor, 'updated', after)
    return after
  }

  /** One that is not there is deleted already. An assessment that it overrode is valid again. @throws NOT_FOUND */
  async delete(tx: Tx, actor: Actor, traceId: string, assessmentId: string): Promise<void> {
    const trace = await this.#deps.traces.requireRow(tx, traceId)
    const known = await this.#find(tx, trace.number, assessmentId)
    if (!known) return
    if (known.overrides) await store.setValid(tx, known.overrides, true)
    await store.deleteAssessment(tx, assessmentId)
    await this.#record(tx, actor, 'deleted', known)
  }

  async #find(
    reader: Reader,
    traceNumber: number,
    assessmentId: string,
  ): Promise<Assessment | undefined> {
    const all = await store.readAssessments(reader, [traceNumber])
    return all.get(traceNumber)?.find((known) => known.assessmentId === assessmentId)
  }

  async #require(
    reader: Reader,
    trace: { readonly number: number; readonly id: string },
    assessmentId: string,
  ): Promise<Assessment> {
    const found = await this.#find(reader, trace.number, assessmentId)
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      `Assessment with ID '${assessmentId.slice(0, 100)}' not found for trace '${trace.id}'`,
    )
  }

  async #record(tx: Tx, actor: Actor, what: string, assessment: Assessment): Promise<void> {
    const { assessmentId, traceId, name, kind, sourceType, sourceId } = assessment
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.assessment.${what}`,
      subject: `trace:${traceId}`,
      data: { assessmentId, name, kind, source: `${sourceType}:${sourceId}` },
    })
  }
}

function changed(
  before: Assessment,
  fields: AssessmentFields,
  paths: readonly string[],
): Assessment {
  let after = before
  for (const path of paths) after = { ...after, ...changeOf(before, fields, path) }
  return after
}

function changeOf(before: Assessment, fields: AssessmentFields, path: string): Partial<Assessment> {
  switch (path) {
    case 'assessment_name':
      if (!fields.assessment_name) throw missingValue('assessment.assessment_name')
      checkLength('assessment_name', fields.assessment_name, 250)
      return { name: fields.assessment_name }
    case 'feedback':
    case 'expectation': {
      if (path !== before.kind)
        throw new KaizenError(
          'INVALID_REQUEST',
          `Cannot update ${path} value on an assessment that is ${before.kind}.`,
        )
      const value = saidOf(fields)
      if (value?.kind !== path) throw oneValue()
      checkLength('assessment value', value.value, longestValue)
      return value
    }
    case 'rationale':
      checkLength('rationale', fields.rationale ?? '', longestValue)
      return { rationale: fields.rationale ?? null }
    case 'metadata':
      return { metadata: { ...before.metadata, ...fields.metadata } }
    case 'valid':
      return { valid: fields.valid ?? true }
    default:
      throw invalidValue(
        'update_mask',
        path,
        'expected assessment_name, feedback, expectation, rationale, metadata or valid.',
      )
  }
}
