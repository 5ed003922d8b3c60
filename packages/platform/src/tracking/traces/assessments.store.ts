import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { TraceTables } from './trace-schema.store.ts'
import type { Assessment } from './traces.ts'

type Row = TraceTables['trace_assessment']

/** A number that comparisons can use: a yes is 1, a no is 0, all else is none. */
function numberOf(value: string): number | null {
  const parsed = JSON.parse(value) as unknown
  if (typeof parsed === 'boolean') return parsed ? 1 : 0
  return typeof parsed === 'number' ? parsed : null
}

const toRow = (traceNumber: number, assessment: Assessment): Row => ({
  id: assessment.assessmentId,
  trace_number: traceNumber,
  name: assessment.name,
  kind: assessment.kind,
  value: assessment.value,
  number: numberOf(assessment.value),
  error: assessment.error,
  serialized: assessment.serialized ? 1 : 0,
  source_type: assessment.sourceType,
  source_id: assessment.sourceId,
  span_id: assessment.spanId,
  rationale: assessment.rationale,
  metadata: JSON.stringify(assessment.metadata),
  overrides: assessment.overrides,
  valid: assessment.valid ? 1 : 0,
  created_at: assessment.createdAt,
  updated_at: assessment.updatedAt,
})

const toAssessment = (traceId: string, row: Row): Assessment => ({
  assessmentId: row.id,
  traceId,
  name: row.name,
  kind: row.kind as Assessment['kind'],
  value: row.value,
  error: row.error,
  serialized: row.serialized === 1,
  sourceType: row.source_type,
  sourceId: row.source_id,
  spanId: row.span_id,
  rationale: row.rationale,
  metadata: JSON.parse(row.metadata) as Assessment['metadata'],
  overrides: row.overrides,
  valid: row.valid === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Adds assessments of a trace; one that is known by its id takes the new words. */
export async function putAssessments(
  tx: Tx,
  traceNumber: number,
  assessments: readonly Assessment[],
): Promise<void> {
  for (const assessment of assessments) {
    const row = toRow(traceNumber, assessment)
    const { id: _, ...changes } = row
    await tables<TraceTables>(tx)
      .insertInto('trace_assessment')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
      .execute()
  }
}

/** Assessments by the numbers of their traces, the oldest first. */
export async function readAssessments(
  reader: Reader,
  traceNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly Assessment[]>> {
  const rows = await tables<TraceTables>(reader)
    .selectFrom('trace_assessment')
    .innerJoin('trace', 'trace.number', 'trace_assessment.trace_number')
    .selectAll('trace_assessment')
    .select('trace.id as trace_id')
    .where('trace_assessment.trace_number', 'in', [...traceNumbers])
    .orderBy('trace_assessment.created_at')
    .orderBy('trace_assessment.id')
    .execute()
  const found = new Map<number, Assessment[]>()
  for (const row of rows) {
    const assessment = toAssessment(row.trace_id, row)
    const known = found.get(row.trace_number)
    if (known) known.push(assessment)
    else found.set(row.trace_number, [assessment])
  }
  return found
}

/** The number of the trace that an assessment belongs to. */
export async function ownerOfAssessment(
  reader: Reader,
  assessmentId: string,
): Promise<number | undefined> {
  const row = await tables<TraceTables>(reader)
    .selectFrom('trace_assessment')
    .select('trace_number')
    .where('id', '=', assessmentId)
    .executeTakeFirst()
  return row?.trace_number
}

export async function deleteAssessment(tx: Tx, assessmentId: string): Promise<void> {
  await tables<TraceTables>(tx)
    .deleteFrom('trace_assessment')
    .where('id', '=', assessmentId)
    .execute()
}

/** Takes back that assessments are valid, or says it again. */
export async function setValid(tx: Tx, assessmentId: string, valid: boolean): Promise<void> {
  await tables<TraceTables>(tx)
    .updateTable('trace_assessment')
    .set({ valid: valid ? 1 : 0 })
    .where('id', '=', assessmentId)
    .execute()
}
