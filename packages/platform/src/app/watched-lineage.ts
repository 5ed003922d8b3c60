import { KaizenError, type MonitorDeclaration } from '@kaizen/contracts'
import { z } from 'zod'
import type { FeatureService } from '../features/index.ts'
import type { PipelineService } from '../pipelines/index.ts'
import type { RegistryService } from '../registry/index.ts'
import type { ServingService } from '../serving/index.ts'

/** What the lineage of a model version says where Kaizen made it; whoever registers another may write anything there. */
const madeFrom = z.object({
  datasets: z.array(z.object({ dataset: z.string() })).optional(),
  pipelineRunId: z.string().nullish(),
})

export interface LineageParts {
  readonly serving: Pick<ServingService, 'view'>
  readonly registry: Pick<RegistryService, 'resolve'>
  readonly features: Pick<FeatureService, 'definitions'>
  readonly pipelines: Pick<PipelineService, 'get'>
}

/**
 * Subjects of the audit log that what a monitor watches is made from: the models of an endpoint with the data sets and the
 * pipelines that made them, the feature views that it looks up with their data sets, and the project. What is gone is left out.
 */
export class WatchedLineage {
  readonly #parts: LineageParts

  constructor(parts: LineageParts) {
    this.#parts = parts
  }

  async of(declaration: MonitorDeclaration): Promise<ReadonlySet<string>> {
    const { dataset, pipeline, featureView, endpoint } = declaration
    const found = new Set<string>([`monitor:${declaration.name}`])
    if (dataset !== null) found.add(`dataset:${dataset}`)
    if (pipeline !== null) found.add(`pipeline:${pipeline}`)
    if (featureView !== null) await this.#addView(found, featureView)
    if (endpoint !== null) await this.#addEndpoint(found, endpoint)
    return found
  }

  async #addEndpoint(found: Set<string>, name: string): Promise<void> {
    const { serving, features } = this.#parts
    found.add(`endpoint:${name}`)
    const view = await unlessGone(serving.view(name))
    if (!view) return
    if (view.project !== null) found.add(`project:${view.project}`)
    for (const { modelName, version } of view.arms) await this.#addModel(found, modelName, version)
    const looked = view.settings.features
    if (!looked) return
    if (looked.service !== undefined) found.add(`feature-service:${looked.service}`)
    const selection = await unlessGone(features.definitions.select(looked))
    for (const { view: of } of selection?.views ?? []) await this.#addView(found, of.name)
    for (const { view: of } of selection?.computed ?? []) found.add(`on-demand-view:${of.name}`)
  }

  async #addModel(found: Set<string>, name: string, version: number): Promise<void> {
    found.add(`model:${name}`)
    const model = await unlessGone(this.#parts.registry.resolve(`models:/${name}/${version}`))
    const made = madeFrom.safeParse(model?.lineage).data
    for (const { dataset } of made?.datasets ?? []) found.add(`dataset:${dataset}`)
    if (!made?.pipelineRunId) return
    const run = await unlessGone(this.#parts.pipelines.get(made.pipelineRunId))
    if (run) found.add(`pipeline:${run.pipeline}`)
  }

  async #addView(found: Set<string>, name: string): Promise<void> {
    found.add(`feature-view:${name}`)
    const view = await unlessGone(this.#parts.features.definitions.view(name))
    if (!view) return
    found.add(`dataset:${view.definition.source.dataset}`)
    for (const entity of view.definition.entities) found.add(`entity:${entity}`)
  }
}

/** Undefined where what was asked for is not there (any more), or has a name that nothing there can have. */
const unlessGone = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((failure: unknown) => {
    if (failure instanceof KaizenError && ['not_found', 'invalid'].includes(failure.kind))
      return undefined
    throw failure
  })
