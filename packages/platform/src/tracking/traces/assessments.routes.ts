import { mlflowAssessmentsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { invalidValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'
import { toWireAssessment } from './trace-wire.ts'

/** The assessments of MLflow's protocol. */
export function assessmentRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const { assessments } = tracking
  return [
    route(api.create, async ({ params, body, actor }) => {
      const made = await database.write((tx) =>
        assessments.create(tx, actor, params.trace_id, body.assessment),
      )
      return { assessment: toWireAssessment(made) }
    }),
    route(api.get, async ({ params }) => ({
      assessment: toWireAssessment(await assessments.get(params.trace_id, params.assessment_id)),
    })),
    route(api.update, async ({ params, body, actor }) => {
      const which = { traceId: params.trace_id, assessmentId: params.assessment_id }
      const change = { fields: body.assessment, paths: pathsOf(body.update_mask) }
      const after = await database.write((tx) => assessments.update(tx, actor, which, change))
      return { assessment: toWireAssessment(after) }
    }),
    route(api.delete, async ({ params, actor }) => {
      await database.write((tx) =>
        assessments.delete(tx, actor, params.trace_id, params.assessment_id),
      )
      return {}
    }),
  ]
}

/** The JSON of a FieldMask is one text, its names joined by commas and in camel case; some clients send a list. */
function pathsOf(mask: unknown): readonly string[] {
  const list =
    typeof mask === 'string' ? mask.split(',') : ((mask as { paths?: unknown })?.paths ?? mask)
  if (!Array.isArray(list)) throw invalidValue('update_mask', mask, 'expected names of fields.')
  return list.map((name) =>
    String(name)
      .trim()
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
}
