import { z } from 'zod'
import { empty } from '../shared.ts'
import { anyJson, flag, instant, message, requiredText, text, textMap } from './fields.ts'
import { atV3, getOf, sendTo } from './operation.ts'

/** An error that a judge met, as the protocol keeps it. */
export const assessmentError = z.object({
  error_code: z.string().optional(),
  error_message: z.string().optional(),
  stack_trace: z.string().optional(),
})
export type MlflowAssessmentError = z.output<typeof assessmentError>

const serialized = z.object({ serialization_format: z.string(), value: z.string() })

/** What a person, a judge or code said about a trace or one of its spans. */
export const mlflowAssessment = z.object({
  assessment_id: z.string(),
  assessment_name: z.string(),
  trace_id: z.string(),
  span_id: z.string().optional(),
  source: z.object({ source_type: z.string(), source_id: z.string() }),
  create_time: z.string(),
  last_update_time: z.string(),
  feedback: z.object({ value: z.unknown(), error: assessmentError.optional() }).optional(),
  expectation: z
    .object({ value: z.unknown().optional(), serialized_value: serialized.optional() })
    .optional(),
  issue: z.object({ issue_name: z.string() }).optional(),
  rationale: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  overrides: z.string().optional(),
  valid: z.boolean(),
})
export type MlflowAssessment = z.output<typeof mlflowAssessment>

const error = message({ error_code: text, error_message: text, stack_trace: text }).nullish()

/** An assessment as clients send it. */
export const assessmentFields = message({
  assessment_id: text,
  assessment_name: text,
  trace_id: text,
  span_id: text,
  source: message({ source_type: text, source_id: text }).nullish(),
  create_time: instant,
  last_update_time: instant,
  feedback: message({ value: anyJson, error }).nullish(),
  expectation: message({
    value: anyJson,
    serialized_value: message({ serialization_format: text, value: requiredText }).nullish(),
  }).nullish(),
  issue: message({ issue_name: text }).nullish(),
  rationale: text,
  metadata: textMap,
  overrides: text,
  valid: flag,
})
export type AssessmentFields = z.output<typeof assessmentFields>

const one = z.object({ assessment: mlflowAssessment })
const ids = { trace_id: requiredText, assessment_id: requiredText }

export const mlflowAssessmentsApi = {
  create: atV3(
    sendTo(
      'POST',
      'traces/:trace_id/assessments',
      'Assess a trace',
      { trace_id: requiredText },
      { assessment: assessmentFields },
      one,
    ),
  ),
  get: atV3(
    getOf('traces/:trace_id/assessments/:assessment_id', 'Get an assessment', ids, {}, one),
  ),
  update: atV3(
    sendTo(
      'PATCH',
      'traces/:trace_id/assessments/:assessment_id',
      'Change an assessment',
      ids,
      {
        assessment: assessmentFields,
        /** Names of the fields to change, as a list, an object with `paths`, or joined by commas. */
        update_mask: z.unknown(),
      },
      one,
    ),
  ),
  delete: atV3(
    sendTo(
      'DELETE',
      'traces/:trace_id/assessments/:assessment_id',
      'Delete an assessment',
      ids,
      {},
      empty,
    ),
  ),
} as const
