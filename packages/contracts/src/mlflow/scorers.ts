import { z } from 'zod'
import { empty } from '../shared.ts'
import { integer, requiredText, text, textList } from './fields.ts'
import { atV3, get, send } from './operation.ts'

/** A version of a scorer: a judge or a rule that assesses traces, as its client serialized it. */
export const mlflowScorer = z.object({
  experiment_id: z.number().int(),
  scorer_name: z.string(),
  scorer_version: z.number().int(),
  serialized_scorer: z.string(),
  creation_time: z.number().int(),
  scorer_id: z.string(),
})
export type MlflowScorer = z.output<typeof mlflowScorer>

const name = { experiment_id: requiredText, name: requiredText }
const list = z.object({ scorers: z.array(mlflowScorer).optional() })

export const mlflowScorersApi = {
  register: atV3(
    send(
      'POST',
      'scorers/register',
      'Register a version of a scorer',
      { ...name, serialized_scorer: requiredText },
      z.object({
        version: z.number().int(),
        scorer_id: z.string(),
        experiment_id: z.string(),
        name: z.string(),
        serialized_scorer: z.string(),
        creation_time: z.number().int(),
      }),
    ),
  ),
  list: atV3(
    get(
      'scorers/list',
      'List the newest version of each scorer',
      { experiment_id: text, experiment_ids: textList },
      list,
    ),
  ),
  versions: atV3(get('scorers/versions', 'List versions of a scorer', name, list)),
  get: atV3(
    get(
      'scorers/get',
      'Get a version of a scorer',
      { ...name, version: integer },
      z.object({ scorer: mlflowScorer }),
    ),
  ),
  delete: atV3(
    send('DELETE', 'scorers/delete', 'Delete a scorer', { ...name, version: integer }, empty),
  ),
  /** Scorers run where their code is, so none runs on the server by itself; clients ask when they list scorers. */
  onlineConfigs: atV3(
    get(
      'scorers/online-configs',
      'List scorers that the server runs by itself',
      { scorer_ids: textList },
      z.object({ configs: z.array(z.unknown()) }),
    ),
  ),
} as const
