import { isKaizenError, KaizenError, type ModelSignature } from '@kaizen/contracts'
import { problemOfLocation, schemeOf } from '../kernel/index.ts'
import type { BlobStore } from '../storage/index.ts'
import { joinPath, type TrackingService, treePathOf } from '../tracking/index.ts'
import type { ModelFile, ModelVersion } from './model.ts'
import { parseModelUri } from './rules.ts'
import type { RegistryService } from './service.ts'

/** Loads a file as an ONNX model. @throws INVALID_MODEL when it is none. */
export type InspectModel = (path: string) => Promise<ModelSignature>

export interface SourceDeps {
  readonly registry: RegistryService
  readonly tracking: TrackingService
  readonly blobs: BlobStore
  readonly reader: Parameters<RegistryService['version']>[0]
  readonly inspectModel: InspectModel
}

/** Where a new version comes from, as a client states it. */
export interface ClaimedSource {
  readonly source: string
  readonly runId?: string | undefined
  readonly modelId?: string | undefined
}

export interface ResolvedSource {
  readonly storageUri: string
  readonly runId: string | undefined
  readonly loggedModelId: string | undefined
}

const modelFileName = 'model.onnx'

/** Finds what a version's source means: the run or logged model behind it, its files, its ONNX model. */
export class ModelSources {
  readonly #deps: SourceDeps

  constructor(deps: SourceDeps) {
    this.#deps = deps
  }

  /**
   * A source must lie in the run or model that it claims, so that a version cannot reach into another's files.
   * @throws INVALID_REQUEST, NOT_FOUND
   */
  async resolve(claim: ClaimedSource): Promise<ResolvedSource> {
    const { source, runId, modelId } = claim
    checkSource(source)
    switch (schemeOf(source).scheme) {
      case 'models':
        return this.#fromModel(claim)
      case 'runs':
        return this.#fromRun(claim)
      case 'mlflow-artifacts': {
        const root = await this.#claimedRoot(claim)
        if (root === undefined || !isWithin(source, root)) {
          throw refused(
            source,
            'it must lie in the artifact folder of the given run_id or model_id',
          )
        }
        return { storageUri: source, runId, loggedModelId: modelId }
      }
      default:
        return { storageUri: source, runId, loggedModelId: modelId }
    }
  }

  /** The ONNX file among a version's files, if it is kept here and there is one that loads. */
  async modelFile(storageUri: string): Promise<ModelFile | undefined> {
    const folder = treePathOf(storageUri)
    if (folder === undefined) return undefined
    const path = folder.endsWith('.onnx') ? folder : joinPath(folder, modelFileName)
    try {
      const file = await this.#deps.tracking.artifacts.file(path)
      const signature = await this.#deps.inspectModel(await this.#deps.blobs.localPath(file.digest))
      return { ...file, signature }
    } catch (failure) {
      // A folder without an ONNX file is a model all the same; it just cannot be served from here.
      if (failure instanceof KaizenError && ['NOT_FOUND', 'INVALID_MODEL'].includes(failure.code)) {
        return undefined
      }
      throw failure
    }
  }

  async #fromModel({ source, runId, modelId }: ClaimedSource): Promise<ResolvedSource> {
    const reference = parseModelUri(source)
    if (reference.kind === 'logged-model') {
      if (modelId && modelId !== reference.modelId) {
        throw refused(source, `model_id is ${modelId}`)
      }
      const model = await this.#deps.tracking.loggedModels.get(reference.modelId)
      return {
        storageUri: model.artifactUri,
        runId: runId || model.sourceRunId || undefined,
        loggedModelId: model.modelId,
      }
    }
    const { registry, reader } = this.#deps
    const version =
      reference.kind === 'version'
        ? await registry.version(reader, reference.name, reference.version)
        : await this.#aliased(source, reference.name, reference.alias)
    // A version of a version keeps its lineage: it cannot be said to come from elsewhere.
    if (runId && runId !== version.runId) throw refused(source, `its run is ${version.runId}`)
    if (modelId && modelId !== version.loggedModelId) {
      throw refused(source, `its logged model is ${version.loggedModelId ?? 'none'}`)
    }
    return {
      storageUri: version.storageUri,
      runId: runId || version.runId || undefined,
      loggedModelId: modelId || version.loggedModelId || undefined,
    }
  }

  async #aliased(source: string, name: string, alias: string): Promise<ModelVersion> {
    const { registry, reader } = this.#deps
    await registry.model(reader, name)
    try {
      return await registry.versionByAlias(reader, name, alias)
    } catch (failure) {
      if (!isKaizenError(failure) || failure.kind !== 'not_found') throw failure
      throw refused(source, 'the model has no such alias')
    }
  }

  async #fromRun({ source, runId, modelId }: ClaimedSource): Promise<ResolvedSource> {
    const [, named = '', path = ''] = /^runs:\/(?:\/\/)?([^/]+)\/?(.*)$/i.exec(source) ?? []
    if (named === '' || (runId && runId !== named)) throw refused(source, 'run_id is another run')
    const { run } = await this.#deps.tracking.runs.get(named)
    return { storageUri: `${run.artifactUri}/${path}`, runId: named, loggedModelId: modelId }
  }

  async #claimedRoot({ runId, modelId }: ClaimedSource): Promise<string | undefined> {
    const { tracking } = this.#deps
    if (modelId) return (await tracking.loggedModels.get(modelId)).artifactUri
    return runId ? (await tracking.runs.get(runId)).run.artifactUri : undefined
  }
}

const refused = (source: string, why: string): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `Invalid model version source: '${source.slice(0, 300)}': ${why}.`,
  )

const isWithin = (uri: string, root: string): boolean => {
  const path = treePathOf(uri)
  const rootPath = treePathOf(root)
  if (path === undefined || rootPath === undefined) return false
  return path === rootPath || path.startsWith(`${rootPath}/`)
}

/** @throws INVALID_REQUEST when a source is no place that a client may send others to. */
function checkSource(source: string): void {
  const { scheme, rest } = schemeOf(source)
  if (scheme === '' || scheme === 'file') {
    throw refused(source, 'a local path cannot be a source; log the files to a run first')
  }
  const problem = problemOfLocation(source)
  if (problem) throw refused(source, problem)
  const path = rest.startsWith('//') ? rest.replace(/^\/\/[^/]*/, '') : rest
  if (!/^\/+[^/]/.test(path) || path.split('/').includes('.')) {
    throw refused(source, 'it must name an absolute path, without parts that stand for others')
  }
}
