import { KaizenError } from '@kaizen/contracts'
import { type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'

export interface RunToCopy {
  readonly runId: string
  readonly experimentId: string
  readonly name: string
  readonly userId: string
  readonly startTime: number
  readonly tags: readonly Message[]
}

export interface ModelToCopy {
  readonly modelId: string
  readonly experimentId: string
  readonly name: string
  readonly modelType: string
  readonly sourceRunId: string
  readonly params: readonly Message[]
  readonly tags: readonly Message[]
}

/** Something of the source as it is called at the target. */
export interface Copied {
  readonly id: string
  readonly artifactUri: string
  readonly created: boolean
}

/** Where a copy goes; making the same again answers what is there. */
export interface CopyTarget {
  readonly endpoint: MlflowEndpoint
  /** Whether assessments go with their trace, ids and all; MLflow forgets then which of them were overridden. */
  readonly takesAssessments: boolean
  run(run: RunToCopy): Promise<Copied>
  loggedModel(model: ModelToCopy): Promise<Copied>
}

/** Kaizen takes runs and models over under their ids. */
export const kaizenTarget = (endpoint: MlflowEndpoint): CopyTarget => ({
  endpoint,
  takesAssessments: true,
  async run({ runId, name, ...run }) {
    const body = { ...run, runId, ...(name ? { name } : {}) }
    const taken = await endpoint.send('/api/v1/imports/runs', body)
    return {
      id: runId,
      artifactUri: textOf(taken['artifactUri']),
      created: taken['created'] === true,
    }
  },
  async loggedModel(model) {
    const taken = await endpoint.send('/api/v1/imports/logged-models', model)
    const created = taken['created'] === true
    return { id: model.modelId, artifactUri: textOf(taken['artifactUri']), created }
  },
})

/** The tag by which a copy at a server that gives ids of its own is found again. */
const originTag = 'kaizen.copiedFrom'

/** MLflow gives ids of its own; copies are found again by a tag. */
export const mlflowTarget = (endpoint: MlflowEndpoint): CopyTarget => ({
  endpoint,
  takesAssessments: false,
  async run({ runId, experimentId, name, userId, startTime, tags }) {
    const found = await endpoint.send('runs/search', {
      experiment_ids: [experimentId],
      filter: `tags.\`${originTag}\` = '${runId}'`,
      run_view_type: 'ALL',
      max_results: 1,
    })
    const [known] = (found['runs'] ?? []) as readonly Message[]
    const made =
      known ??
      messageOf(
        (
          await endpoint.send('runs/create', {
            experiment_id: experimentId,
            run_name: name,
            user_id: userId,
            start_time: startTime,
            tags: [...tags, { key: originTag, value: runId }],
          })
        )['run'],
      )
    const info = messageOf(made['info'])
    return {
      id: textOf(info['run_id']),
      artifactUri: textOf(info['artifact_uri']),
      created: known === undefined,
    }
  },
  async loggedModel({ modelId, experimentId, name, modelType, sourceRunId, params, tags }) {
    const found = await endpoint.send('logged-models/search', {
      experiment_ids: [experimentId],
      filter: `tags.\`${originTag}\` = '${modelId}'`,
      max_results: 1,
    })
    const [known] = (found['models'] ?? []) as readonly Message[]
    const made =
      known ??
      messageOf(
        (
          await endpoint.send('logged-models', {
            experiment_id: experimentId,
            name,
            model_type: modelType,
            source_run_id: sourceRunId,
            params,
            tags: [...tags, { key: originTag, value: modelId }],
          })
        )['model'],
      )
    const info = messageOf(made['info'])
    return {
      id: textOf(info['model_id']),
      artifactUri: textOf(info['artifact_uri']),
      created: known === undefined,
    }
  },
})

/** The address at which a target's proxy takes files below an artifact URI. @throws UNSUPPORTED */
export function proxyPathOf(artifactUri: string): string {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(artifactUri)
  if (match) return `/api/2.0/mlflow-artifacts/artifacts/${encodePath(match[1] ?? '')}`
  throw new KaizenError('UNSUPPORTED', `the target keeps artifacts at ${artifactUri}`, {
    hint: 'Start it with a proxied artifact store (`mlflow server --artifacts-destination …`).',
  })
}

export const encodePath = (path: string): string =>
  path.split('/').map(encodeURIComponent).join('/')
