import { isKaizenError } from '@kaizen/contracts'
import type { FindResources, Resource, Workspaces } from '../identity/index.ts'
import { defaultWorkspace, schemeOf } from '../kernel/index.ts'
import { parseModelUri, type RegistryService, workspaceOfModel } from '../registry/index.ts'
import type { Reader } from '../storage/index.ts'
import { type TrackingService, treePathOf } from '../tracking/index.ts'

export interface ResourceFinderDeps {
  readonly tracking: TrackingService
  readonly registry: RegistryService
  readonly reader: Reader
  readonly workspaces: Pick<Workspaces, 'hasOthers'>
}

const remembered = 50_000

/** An id as it is kept: the protocol reads `007` as `7`. */
const canonical = (id: string): string => (/^\d{1,15}$/.test(id) ? String(Number(id)) : id)

const model = (id: string): readonly Resource[] => [
  { kind: 'registered_model', id, workspace: workspaceOfModel(id) },
]

/** Runs and logged models belong to their experiment, versions to their model, files to what their path begins with. */
export function resourceFinder(deps: ResourceFinderDeps): FindResources {
  const { tracking, registry, reader, workspaces } = deps
  const experiment = async (id: string): Promise<readonly Resource[]> => {
    const workspace = (await workspaces.hasOthers())
      ? await tracking.experiments.workspaceOf(id)
      : defaultWorkspace
    return [{ kind: 'experiment', id, workspace }]
  }
  // A run never moves to another experiment.
  const experimentOfRun = new Map<string, string>()
  const ofRun = async (runId: string) => {
    const known = experimentOfRun.get(runId)
    if (known !== undefined) return experiment(known)
    const { run } = await tracking.runs.get(runId)
    if (experimentOfRun.size >= remembered) experimentOfRun.clear()
    experimentOfRun.set(runId, run.experimentId)
    return experiment(run.experimentId)
  }
  const ofLoggedModel = async (id: string) =>
    experiment((await tracking.loggedModels.get(id)).experimentId)
  const ofModel = async (name: string) => {
    await registry.model(reader, name)
    return model(name)
  }
  const ofSource = async (source: string): ReturnType<FindResources> => {
    const { scheme } = schemeOf(source)
    if (scheme === 'models') {
      // Read as the registry reads it: a name that were decoded here alone would be another model's.
      const reference = parseModelUri(source)
      return reference.kind === 'logged-model'
        ? ofLoggedModel(reference.modelId)
        : ofModel(reference.name)
    }
    const [, runId] = /^runs:\/(?:\/\/)?([^/]+)/i.exec(source) ?? []
    if (runId !== undefined) return ofRun(runId)
    const path = treePathOf(source)
    // What lies elsewhere is not read through this server.
    return path === undefined ? [] : ofPath(path)
  }
  const ofPath = async (path: string): ReturnType<FindResources> => {
    const [first = ''] = path.split('/')
    return /^\d{1,15}$/.test(first) ? experiment(canonical(first)) : 'unknown'
  }
  /** It belongs to all experiments that it is used in; of one without any it cannot be told whose it is. */
  const ofDataset = async (id: string, workspace: string): ReturnType<FindResources> => {
    const elsewhere = (await tracking.evaluationDatasets.workspaceOf(id)) ?? workspace
    if (elsewhere !== workspace) return [{ kind: 'experiment', id: '', workspace: elsewhere }]
    const { experimentIds } = await tracking.evaluationDatasets.get(id)
    if (experimentIds.length === 0) return 'unknown'
    return (await Promise.all(experimentIds.map(experiment))).flat()
  }
  return async (kind, value, workspace) => {
    try {
      switch (kind) {
        case 'experiment':
          return await experiment(canonical(value))
        case 'experiment_name':
          return await experiment(
            (await tracking.experiments.getByName(value, workspace)).experimentId,
          )
        case 'run':
          return await ofRun(value)
        case 'logged_model':
          return await ofLoggedModel(value)
        case 'registered_model':
          return await ofModel(value)
        case 'model_source':
          return await ofSource(value)
        case 'artifact':
          return await ofPath(value)
        case 'trace':
          return await experiment((await tracking.traces.get(value)).experimentId)
        case 'evaluation_dataset':
          return await ofDataset(value, workspace)
      }
    } catch (failure) {
      if (isKaizenError(failure) && ['not_found', 'invalid'].includes(failure.kind)) return 'absent'
      throw failure
    }
  }
}
