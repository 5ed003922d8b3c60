import { randomBytes } from 'node:crypto'
import { isKaizenError, KaizenError } from '@kaizen/contracts'
import type { CopiedUser } from './access.ts'
import type { AuthDatabaseWriter } from './auth-database-writer.ts'
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
  /** `note` says what of the user did not go over. */
  user(user: CopiedUser): Promise<{ readonly created: boolean; readonly note?: string | undefined }>
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
  async user({ username, isAdmin, passwordHash }) {
    const take = (hash: string | undefined) =>
      endpoint.send('/api/v1/imports/users', {
        username,
        role: isAdmin ? 'admin' : 'editor',
        ...(hash === undefined ? {} : { passwordHash: hash }),
      })
    const isKept = passwordHash !== undefined && /^(scrypt|pbkdf2):/.test(passwordHash)
    const taken = await take(isKept ? passwordHash : undefined)
    const created = taken['created'] === true
    const wanted = isAdmin && taken['role'] !== 'admin'
    if (!created) return { created, note: wanted ? 'is no administrator here' : undefined }
    return { created, note: isKept ? undefined : noPassword(passwordHash) }
  },
})

const noPassword = (hash: string | undefined): string =>
  hash === undefined
    ? 'cannot log in yet: a server tells no passwords. Set one with `kaizen users password`, or give --auth-database'
    : `cannot log in yet: the password is kept as ${hash.split(/[:$]/)[0]}, which is not checked. Set one with \`kaizen users password\``

/** The tag by which a copy at a server that gives ids of its own is found again. */
const originTag = 'kaizen.copiedFrom'

/** MLflow gives ids of its own; copies are found again by a tag. */
export const mlflowTarget = (
  endpoint: MlflowEndpoint,
  passwords?: AuthDatabaseWriter,
): CopyTarget => ({
  endpoint,
  user: (user) => userAtMlflow(endpoint, user, passwords),
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

/** MLflow's protocol takes a password and no hash of one: hashes go into its database, where that is given. */
async function userAtMlflow(
  endpoint: MlflowEndpoint,
  { username, isAdmin, passwordHash }: CopiedUser,
  passwords: AuthDatabaseWriter | undefined,
): ReturnType<CopyTarget['user']> {
  if (passwords && passwordHash !== undefined)
    return { created: await passwords.insert({ username, isAdmin, passwordHash }) }
  try {
    await endpoint.get('users/get', { username })
    return { created: false }
  } catch (failure) {
    if (!isKaizenError(failure) || failure.code !== 'NOT_FOUND') throw failure
  }
  const password = randomBytes(24).toString('base64url')
  await endpoint.send('users/create', { username, password })
  if (isAdmin) {
    await endpoint.send('users/update-admin', { username, is_admin: true }, 'PATCH')
  }
  return { created: true, note: newPassword }
}

const newPassword =
  'has a random password there: MLflow cannot check what Kaizen has hashed. An administrator sets one (users/update-password)'
