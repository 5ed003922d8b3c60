import {
  isKaizenError,
  type JsonValue,
  type LineageDataset,
  type LineageEvent,
} from '@kaizen/contracts'
import type { AuditEvent } from '../../audit/index.ts'
import type { DataService } from '../../data/index.ts'
import type { FeatureService } from '../../features/index.ts'
import type { PipelineRunDetail, PipelineService } from '../../pipelines/index.ts'
import type { RegistryService } from '../../registry/index.ts'
import type { BatchService } from '../../serving/index.ts'
import type { Reader } from '../../storage/index.ts'
import { materializationFacts } from './feature-lineage.ts'
import {
  datasetOf,
  errorFacet,
  eventOf,
  facet,
  jobType,
  type LineageFacts,
  ownFacet,
  parentFacet,
} from './openlineage.ts'

export interface LineageSourceDeps {
  readonly reader: Reader
  readonly data: Pick<DataService, 'version'>
  readonly pipelines: Pick<PipelineService, 'get'>
  readonly registry: Pick<RegistryService, 'version'>
  readonly batch: Pick<BatchService, 'get'>
  readonly features: Pick<FeatureService, 'materializer' | 'definitions'>
  readonly namespace: string
}

type Step = PipelineRunDetail['stepRuns'][number]

const endings: Readonly<Record<string, LineageEvent['eventType']>> = {
  succeeded: 'COMPLETE',
  cached: 'COMPLETE',
  failed: 'FAIL',
  cancelled: 'ABORT',
}

/** What happened, in the words of OpenLineage; read from the stages when it is told, so that events stay small. */
export class LineageSource {
  readonly #deps: LineageSourceDeps

  constructor(deps: LineageSourceDeps) {
    this.#deps = deps
  }

  /** Nothing for an event that the standard has no word for, or whose subject is gone. */
  async eventsOf(event: AuditEvent): Promise<readonly LineageEvent[]> {
    const id = event.subject.slice(event.subject.indexOf(':') + 1)
    try {
      switch (event.type) {
        case 'pipelines.run.started':
        case 'pipelines.run.succeeded':
        case 'pipelines.run.failed':
        case 'pipelines.run.cancelled':
          return [await this.#ofRun(await this.#deps.pipelines.get(id), event)]
        case 'pipelines.step.ended':
        case 'pipelines.steps.reused': {
          const { node, nodes } = event.data
          const named = Array.isArray(nodes) ? nodes : [node]
          return await this.#ofSteps(await this.#deps.pipelines.get(id), named)
        }
        case 'registry.version.created':
          return await this.#ofVersion(id, Number(event.data['version']))
        case 'features.materialization.requested':
        case 'features.materialization.succeeded':
        case 'features.materialization.failed':
          return [await this.#ofMaterialization(String(event.data['id']), event)]
        case 'serving.batch.created':
        case 'serving.batch.succeeded':
        case 'serving.batch.failed':
        case 'serving.batch.cancelled':
          return [await this.#ofBatch(id, event)]
        default:
          return []
      }
    } catch (failure) {
      if (isKaizenError(failure) && failure.kind === 'not_found') return []
      throw failure
    }
  }

  /** Everything behind a version. @throws NOT_FOUND */
  async behind(name: string, version: number): Promise<readonly LineageEvent[]> {
    const registered = await this.#ofVersion(name, version)
    const { lineage } = await this.#deps.registry.version(this.#deps.reader, name, version)
    const run = lineage['pipelineRunId'] ?? lineage['pipelineRun']
    if (typeof run !== 'string') return registered
    const detail = await this.#deps.pipelines.get(run).catch((failure: unknown) => {
      if (isKaizenError(failure) && failure.kind === 'not_found') return undefined
      throw failure
    })
    if (!detail) return registered
    const steps = await this.#ofSteps(
      detail,
      detail.stepRuns.map(({ node }) => node),
    )
    return [...steps.filter(({ eventType }) => eventType !== 'START'), ...registered.slice(1)]
  }

  async #ofRun(run: PipelineRunDetail, event: AuditEvent): Promise<LineageEvent> {
    const { namespace } = this.#deps
    const type = event.type.split('.').at(-1) ?? ''
    return eventOf(namespace, endings[type] ?? 'START', event.at, {
      run: run.id,
      job: run.pipeline,
      jobFacets: jobType('PIPELINE'),
      runFacets: {
        ...ownFacet('kaizen_run', {
          id: run.id,
          trigger: run.trigger,
          trackingRunId: run.trackingRunId,
          params: run.params,
        }),
        ...(run.error ? errorFacet(run.error.message, 'TypeScript') : {}),
      },
      inputs: await this.#read(run.stepRuns.flatMap(({ lineage }) => lineage?.datasets ?? [])),
      outputs: Object.entries(run.outputs).map(([output, ref]) =>
        datasetOf(namespace, `${run.pipeline}/${output}`, ref.digest),
      ),
    })
  }

  async #ofSteps(
    run: PipelineRunDetail,
    nodes: readonly unknown[],
  ): Promise<readonly LineageEvent[]> {
    const events: LineageEvent[] = []
    for (const step of run.stepRuns) {
      const ending = endings[step.state]
      if (!nodes.includes(step.node) || !ending) continue
      const facts = await this.#factsOf(run, step)
      const { namespace } = this.#deps
      events.push(
        eventOf(namespace, 'START', step.startedAt ?? run.createdAt, facts),
        eventOf(namespace, ending, step.endedAt ?? step.startedAt ?? run.createdAt, facts),
      )
    }
    return events
  }

  async #factsOf(run: PipelineRunDetail, step: Step): Promise<LineageFacts> {
    const { namespace } = this.#deps
    const upstream = Object.values(step.lineage?.inputs ?? {}).flatMap((input) => {
      const { ref, digest } = input as Readonly<Record<string, JsonValue>>
      const from = ref as Readonly<Record<string, JsonValue>> | null
      if (from?.['from'] !== 'node' || typeof digest !== 'string') return []
      const name = `${run.pipeline}/${String(from['node'])}/${String(from['output'])}`
      return [datasetOf(namespace, name, digest)]
    })
    const own = Object.values(step.lineage?.inputs ?? {}).some(
      (input) => refOf(input)?.['from'] === 'dataset',
    )
    const datasets = own ? (step.lineage?.datasets ?? []) : []
    return {
      run: `${run.id}/${step.node}`,
      job: `${run.pipeline}.${step.node}`,
      jobFacets: { ...jobType('STEP') },
      runFacets: {
        ...parentFacet(namespace, run.id, run.pipeline),
        ...engineOf(step.lineage?.environment),
        ...ownFacet('kaizen_step', {
          codeDigest: step.lineage?.codeDigest ?? null,
          seed: step.lineage?.seed ?? null,
          params: step.lineage?.params ?? {},
          cache: step.cacheReason,
        }),
        ...(step.error ? errorFacet(step.error.message, 'TypeScript') : {}),
      },
      inputs: [...(await this.#read(datasets)), ...upstream],
      outputs: Object.entries(step.outputs).map(([output, ref]) =>
        datasetOf(namespace, `${run.pipeline}/${step.node}/${output}`, ref.digest, {
          ...ownFacet('kaizen_output', { kind: ref.kind, value: ref.value ?? null }),
        }),
      ),
    }
  }

  async #ofVersion(name: string, version: number): Promise<readonly LineageEvent[]> {
    const { namespace, registry, reader } = this.#deps
    const found = await registry.version(reader, name, version)
    const facts: LineageFacts = {
      run: `model/${name}/${version}`,
      job: `register.${name}`,
      jobFacets: jobType('MODEL'),
      runFacets: {
        ...(typeof found.lineage['pipelineRunId'] === 'string'
          ? ownFacet('kaizen_run', { id: found.lineage['pipelineRunId'] })
          : {}),
      },
      inputs: [datasetOf(namespace, found.source, found.modelDigest)],
      outputs: [
        datasetOf(namespace, `models/${name}`, String(version), {
          ...(found.signature
            ? facet('schema', {
                fields: found.signature.inputs.map((one) => ({
                  name: one.name,
                  type: `${one.datatype}[${one.shape.join(',')}]`,
                  description: 'input',
                })),
              })
            : {}),
          ...ownFacet('kaizen_model', {
            version,
            digest: found.modelDigest,
            runId: found.runId,
            aliases: found.aliases,
            params: found.lineage['params'] ?? {},
            datasets: found.lineage['datasets'] ?? [],
            seed: found.lineage['seed'] ?? null,
          }),
        }),
      ],
    }
    return [
      eventOf(namespace, 'START', found.createdAt, facts),
      eventOf(namespace, 'COMPLETE', found.createdAt, facts),
    ]
  }

  async #ofBatch(id: string, event: AuditEvent): Promise<LineageEvent> {
    const { namespace } = this.#deps
    const job = await this.#deps.batch.get(id)
    const type = event.type.split('.').at(-1) ?? ''
    const input =
      'dataset' in job.input
        ? await this.#read([{ dataset: job.input.dataset, version: Number(job.input.version) }])
        : [datasetOf(namespace, `files/${id}`, null)]
    const made =
      job.dataset !== null && job.datasetVersion !== null
        ? await this.#read([{ dataset: job.dataset, version: job.datasetVersion }])
        : [datasetOf(namespace, `batch/${id}`, job.output?.digest ?? null)]
    const statistics = facet('outputStatistics', {
      rowCount: job.scored,
      size: job.output?.sizeBytes ?? 0,
    })
    return eventOf(namespace, endings[type] ?? 'START', event.at, {
      run: id,
      job: `batch.${job.modelName}`,
      jobFacets: jobType('BATCH_SCORING'),
      runFacets: job.error ? errorFacet(job.error, 'TypeScript') : {},
      inputs: [...input, datasetOf(namespace, `models/${job.modelName}`, String(job.modelVersion))],
      outputs: made.map((one) => ({
        ...one,
        outputFacets: statistics as LineageDataset['outputFacets'],
      })),
    })
  }

  async #ofMaterialization(id: string, event: AuditEvent): Promise<LineageEvent> {
    const { namespace, features } = this.#deps
    const asked = await features.materializer.get(id)
    const view = await features.definitions.resolve(asked.view, asked.viewVersion)
    const read = await this.#read([{ dataset: asked.dataset, version: asked.datasetVersion }])
    const type = event.type.split('.').at(-1) ?? ''
    const facts = materializationFacts(namespace, { asked, view, read })
    return eventOf(namespace, endings[type] ?? 'START', event.at, facts)
  }

  /** Versions of datasets with their columns; the name alone where a version is gone. */
  async #read(
    datasets: readonly { readonly dataset: string; readonly version: number }[],
  ): Promise<LineageDataset[]> {
    const { namespace, data } = this.#deps
    const known = new Map<string, LineageDataset>()
    for (const { dataset, version } of datasets) {
      const found = await data
        .version(dataset, Number.isSafeInteger(version) ? version : 'latest')
        .catch(() => undefined)
      const facets = found
        ? {
            ...facet('schema', { fields: found.schema.map(({ name, type }) => ({ name, type })) }),
            ...facet('dataSource', { name: 'kaizen', uri: `kaizen://datasets/${dataset}` }),
          }
        : {}
      const number = String(found?.version ?? version)
      known.set(`${dataset}/${number}`, datasetOf(namespace, dataset, number, facets))
    }
    return [...known.values()]
  }
}

const refOf = (input: JsonValue): Readonly<Record<string, JsonValue>> | undefined =>
  (input as { readonly ref?: Readonly<Record<string, JsonValue>> } | null)?.ref

function engineOf(environment: Readonly<Record<string, JsonValue>> | undefined) {
  const [name, version] =
    Object.entries(environment ?? {}).find(([key]) => key !== 'platform') ?? []
  return name === undefined ? {} : facet('processing_engine', { name, version: String(version) })
}
