import { isKaizenError } from '@kaizen/contracts'
import type { CopyContext } from './context.ts'
import { copyArtifacts, listModelFiles, modelFiles } from './copy-artifacts.ts'
import { listOf, type Message, messageOf, textOf } from './endpoint.ts'

/** Copies a logged model with its files, and notes what it is called at the target. */
export async function copyLoggedModel(
  { from, to, report, models, measured }: CopyContext,
  model: Message,
  experimentId: string,
): Promise<void> {
  const [info, data] = [messageOf(model['info']), messageOf(model['data'])]
  const modelId = textOf(info['model_id'])
  const copied = await to.loggedModel({
    modelId,
    experimentId,
    name: textOf(info['name']),
    modelType: textOf(info['model_type']),
    sourceRunId: textOf(info['source_run_id']),
    params: listOf(data['params']),
    tags: listOf(info['tags']),
  })
  models.set(modelId, copied.id)
  for (const point of listOf(data['metrics'])) {
    const runId = textOf(point['run_id'])
    const before = measured.get(runId) ?? []
    before.push({ ...point, model_id: modelId })
    measured.set(runId, before)
  }
  report.count(copied.created ? 'logged models' : 'logged models already there')
  const files = await copyArtifacts(from, modelFiles(from, modelId), {
    endpoint: to.endpoint,
    artifactUri: copied.artifactUri,
    list: listModelFiles(to.endpoint, copied.id),
  })
  report.count('artifacts', files.files)
  report.count('bytes', files.sizeBytes)
  const status = { 2: 'LOGGED_MODEL_READY', 3: 'LOGGED_MODEL_UPLOAD_FAILED' }[
    textOf(info['status'])
  ]
  const final = status ?? textOf(info['status'])
  if (['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'].includes(final)) {
    // The id stands in the body too: MLflow reads it nowhere else.
    const body = { model_id: copied.id, status: final }
    await to.endpoint.send(`logged-models/${copied.id}`, body, 'PATCH')
  }
}

/** Where a version's files lie, in words that the target understands. */
function sourceAtTarget(version: Message, { runs, models }: CopyContext): string {
  const source = textOf(version['source'])
  const model = /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1] ?? textOf(version['model_id'])
  const copiedModel = models.get(model)
  if (copiedModel) return `models:/${copiedModel}`
  const match = /([0-9a-f]{32})(?:\/artifacts)?\/(.+)$/.exec(source)
  const run = match?.[1] ? runs.get(match[1]) : undefined
  return run ? `runs:/${run}/${match?.[2]}` : source
}

const promptTag = 'mlflow.prompt.is_prompt'
/** A filter that finds prompts, which other searches hide. */
export const isPrompt = `tags.\`${promptTag}\` = 'true'`

export const marksPrompt = ({ key, value }: Message): boolean =>
  key === promptTag && value === 'true'

/** Copies a registered model with its versions under their numbers, and its aliases. */
export async function copyRegisteredModel(context: CopyContext, model: Message): Promise<void> {
  const { from, to, report, runs } = context
  const { endpoint } = to
  const name = textOf(model['name'])
  const prompt = listOf(model['tags']).some(marksPrompt)
  const fresh = await unlessThere(() =>
    endpoint.send('registered-models/create', {
      name,
      tags: listOf(model['tags']),
      description: model['description'],
    }),
  )
  const what = prompt ? 'prompts' : 'registered models'
  report.count(fresh ? what : `${what} already there`)
  const named = `name = '${name.replaceAll("'", "''")}'`
  const filter = prompt ? `${named} AND ${isPrompt}` : named
  const versions = await Array.fromAsync(
    from.pages('model_versions', (token) =>
      from.get('model-versions/search', {
        filter,
        page_token: token,
      }),
    ),
  )
  const number = (version: Message): number => Number(version['version'])
  const there = await Array.fromAsync(
    endpoint.pages('model_versions', (token) =>
      endpoint.get('model-versions/search', {
        filter,
        page_token: token,
      }),
    ),
  )
  let next = Math.max(0, ...there.map(number)) + 1
  for (const version of versions.toSorted((a, b) => number(a) - number(b))) {
    if (number(version) < next) continue
    // Numbers of versions that were deleted stay unused here too.
    for (; next < number(version); next++) {
      await endpoint.send('model-versions/create', { name, source: 's3://deleted/version' })
      await endpoint.send('model-versions/delete', { name, version: String(next) }, 'DELETE')
    }
    const run_id = runs.get(textOf(version['run_id']))
    const source = sourceAtTarget(version, context)
    const model_id = /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1]
    const kept = await createVersion(endpoint, {
      name,
      source,
      ...(model_id ? { model_id } : {}),
      ...(run_id ? { run_id } : {}),
      tags: listOf(version['tags']),
      description: version['description'],
    })
    if (!kept) report.count('model versions whose files stay where they are')
    const stage = textOf(version['current_stage'])
    if (stage && stage !== 'None') {
      await endpoint.send('model-versions/transition-stage', {
        name,
        version: String(next),
        stage,
        archive_existing_versions: false,
      })
    }
    report.count('model versions')
    next++
  }
  for (const alias of listOf(model['aliases'])) {
    await endpoint.send('registered-models/alias', { name, ...alias })
    report.count('aliases')
  }
}

/** Where a version stands whose own place the target lets nobody name, such as another machine's folder. */
const elsewhere = 's3://elsewhere/version'

/** Answers false where the version's place is kept in a tag, as the target does not take it as a source. */
async function createVersion(
  endpoint: CopyContext['to']['endpoint'],
  version: Message,
): Promise<boolean> {
  try {
    await endpoint.send('model-versions/create', version)
    return true
  } catch (failure) {
    const refused = isKaizenError(failure) && failure.details?.['status'] === 400
    if (!refused || !failure.message.includes('Invalid model version source')) throw failure
    const { source, model_id: _, ...rest } = version
    const place = { key: 'kaizen.source', value: source }
    await endpoint.send('model-versions/create', {
      ...rest,
      source: elsewhere,
      tags: [...listOf(version['tags']), place],
    })
    return false
  }
}

/** Answers false where the target had it already. */
async function unlessThere(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make()
    return true
  } catch (failure) {
    if (isKaizenError(failure) && failure.message.includes('RESOURCE_ALREADY_EXISTS')) return false
    throw failure
  }
}
