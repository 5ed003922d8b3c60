import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import { isEnsemble } from './ensembles/ensemble-uri.ts'
import type { ModelSource } from './model.ts'
import type { RemoteModels } from './remote/remote-models.ts'
import { isRemote } from './remote/remote-uri.ts'

/** What a model stands for now; what has the same digest answers the same. */
export interface ModelIdentity {
  readonly modelName: string
  /** 0 for models of other servers whose version is no number. */
  readonly version: number
  readonly digest: string
  /** Where it is known without loading the model. */
  readonly signature?: ModelSignature | undefined
}

export interface IdentityDeps {
  readonly models: ModelSource
  readonly remote: RemoteModels
  /** Of ensembles. */
  readonly composed: (uri: string) => Promise<ModelIdentity>
}

/** Finds what arms, ensembles and rollouts name: versions of the registry, models of other servers, ensembles. @throws NOT_FOUND, UNSUPPORTED */
export async function identifyModel(
  { models, remote, composed }: IdentityDeps,
  uri: string,
): Promise<ModelIdentity> {
  if (isEnsemble(uri)) return composed(uri)
  if (isRemote(uri)) {
    const { model: modelName, version } = await remote.describe(uri)
    return { modelName, version, digest: uri }
  }
  const view = await models.resolve(uri)
  const digest = view.modelDigest ?? (await models.folderOf?.(view))
  if (digest === undefined) {
    throw new KaizenError(
      'UNSUPPORTED',
      `the version behind ${uri} holds no ONNX model and no model for Python`,
      {
        hint: 'Register an ONNX file: kaizen models upload NAME model.onnx, or log the model with MLflow as a pyfunc.',
      },
    )
  }
  const signature = view.modelDigest && view.signature ? view.signature : undefined
  return { modelName: view.name, version: view.version, digest, signature }
}

/** A URI that no alias can move: for versions of the registry and of ensembles, and for models of other servers. */
export const pinnedUri = ({
  modelName,
  version,
  digest,
}: Pick<ModelIdentity, 'modelName' | 'version' | 'digest'>): string =>
  isRemote(digest) || isEnsemble(digest) ? digest : `models:/${modelName}/${version}`
