import {
  type EnsembleDeclaration,
  type FeatureViewDeclaration,
  isKaizenError,
  type OnDemandViewDeclaration,
  type PolicyDeclaration,
  type ReportDeclaration,
} from '@kaizen/contracts'
import type { ContinualService } from '../continual/index.ts'
import type { DataService } from '../data/index.ts'
import type { KindHandler, ObjectKind } from '../delivery/index.ts'
import type { CodeBundle, FeatureService } from '../features/index.ts'
import { digestOf } from '../kernel/index.ts'
import type { MonitoringService, ReportBuilder } from '../monitoring/index.ts'
import { checkBundlePaths, type PipelineService } from '../pipelines/index.ts'
import type { PreparedEnsemble, ServingService } from '../serving/index.ts'

export interface DeclaringStages {
  readonly data: DataService
  readonly features: FeatureService
  readonly pipelines: PipelineService
  readonly serving: ServingService
  readonly monitoring: MonitoringService
  readonly reports: ReportBuilder
  readonly continual: ContinualService
}

/** Which stage puts which kind of declared object into force. */
export function declaredKinds(stages: DeclaringStages): Readonly<Record<ObjectKind, KindHandler>> {
  const { data, features, pipelines, serving, monitoring, reports, continual } = stages
  return {
    dataset: {
      current: (name) =>
        present(async () => {
          const { description, eventTime, rules } = await data.get(name)
          return { description, eventTime, rules }
        }),
      declare: (tx, actor, declaration, { project }) =>
        data.declare(tx, actor, declaration, project),
    },
    entity: featureKind(features, 'entity'),
    'feature-view': {
      ...featureKind(features, 'view'),
      prepare: async ({ source: { dataset } }: FeatureViewDeclaration, { datasets }) => {
        if (!datasets.some(({ name }) => name === dataset)) await data.get(dataset)
      },
    },
    'on-demand-view': {
      ...featureKind(features, 'on-demand'),
      prepare: async (definition: OnDemandViewDeclaration, { bundle }) => {
        checkBundlePaths(bundle)
        const files = bundle.toSorted((a, b) => (a.path < b.path ? -1 : 1))
        return { definition, bundle: { digest: digestOf(files), files } }
      },
      declare: (tx, actor, prepared: PreparedOnDemand, { project }) =>
        features.declare(tx, actor, { kind: 'on-demand', ...prepared, project }),
    },
    'feature-service': featureKind(features, 'service'),
    pipeline: {
      current: (name) =>
        present(async () => {
          const { project: _project, ...declaration } = await pipelines.declaration(name)
          return declaration
        }),
      declare: (tx, actor, declaration, project) =>
        pipelines.declare(tx, actor, declaration, project),
      remove: (tx, actor, name) => pipelines.remove(tx, actor, name),
    },
    ensemble: {
      current: (name) => present(async () => (await serving.ensembles.get(name)).declaration),
      prepare: (declaration: EnsembleDeclaration, { bundle }) =>
        serving.ensembles.prepare(declaration, bundle),
      declare: async (tx, actor, prepared: PreparedEnsemble, { project }) =>
        void (await serving.ensembles.declare(tx, actor, { ...prepared, project })),
    },
    endpoint: {
      current: (name) =>
        present(async () => {
          const { description, model, target, settings, ...view } = await serving.view(name)
          return { description, model, target, settings, router: view.routerDue ?? view.router }
        }),
      declare: async (tx, actor, declaration, { project }) =>
        void (await serving.declare(tx, actor, declaration, project)),
    },
    monitor: {
      current: (name) => present(async () => (await monitoring.reader.view(name)).declaration),
      declare: (tx, actor, declaration, { project, bundle }) =>
        monitoring.declare(tx, actor, declaration, { project, bundle }),
      remove: (tx, actor, name) => monitoring.remove(tx, actor, name),
    },
    report: {
      current: (name) =>
        present(async () => {
          const {
            nextAt: _next,
            updatedAt: _at,
            updatedBy: _by,
            ...report
          } = await reports.get(name)
          return report
        }),
      declare: async (tx, actor, declaration: ReportDeclaration) =>
        void (await reports.declare(tx, actor, declaration)),
      remove: async (tx, actor, name) => void (await reports.remove(tx, actor, name)),
    },
    policy: {
      current: (name) => present(async () => (await continual.policy(name)).declaration),
      declare: (tx, actor, declaration: PolicyDeclaration, { project, datasets }) => {
        const collect =
          datasets.find((dataset) => dataset.name === declaration.dataset)?.collect ?? null
        return continual.declare(tx, actor, declaration, project, collect)
      },
      remove: (tx, actor, name) => continual.remove(tx, actor, name),
    },
  }
}

interface PreparedOnDemand {
  readonly definition: OnDemandViewDeclaration
  readonly bundle: CodeBundle
}

/** Entities, views and services are declared and removed alike. */
const featureKind = (
  features: FeatureService,
  kind: 'entity' | 'view' | 'on-demand' | 'service',
): KindHandler => ({
  current: (name) =>
    present(async () => ({ ...(await features.definitions.get(kind, name)).definition })),
  declare: (tx, actor, definition, { project }) =>
    features.declare(tx, actor, { kind, definition, project }),
  remove: (tx, actor, name) => features.removeDeclared(tx, actor, kind, name),
})

/** What is found, or undefined where there is nothing of the name. */
async function present<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find()
  } catch (failure) {
    if (isKaizenError(failure) && failure.code === 'NOT_FOUND') return undefined
    throw failure
  }
}
