import type { PolicyDeclaration } from '@kaizen/contracts'
import type { ContinualService } from '../continual/index.ts'
import type { DataService } from '../data/index.ts'
import type { KindHandler, ObjectKind } from '../delivery/index.ts'
import type { MonitoringService } from '../monitoring/index.ts'
import type { PipelineService } from '../pipelines/index.ts'
import type { ServingService } from '../serving/index.ts'

export interface DeclaringStages {
  readonly data: DataService
  readonly pipelines: PipelineService
  readonly serving: ServingService
  readonly monitoring: MonitoringService
  readonly continual: ContinualService
}

/** Which stage puts which kind of declared object into force. */
export function declaredKinds(stages: DeclaringStages): Readonly<Record<ObjectKind, KindHandler>> {
  const { data, pipelines, serving, monitoring, continual } = stages
  return {
    dataset: {
      declare: (tx, actor, declaration, { project }) =>
        data.declare(tx, actor, declaration, project),
    },
    pipeline: {
      declare: (tx, actor, declaration, { project, bundle }) =>
        pipelines.declare(tx, actor, declaration, project, bundle),
      remove: (tx, actor, name) => pipelines.remove(tx, actor, name),
    },
    endpoint: {
      declare: async (tx, actor, declaration, { project }) =>
        void (await serving.declare(tx, actor, declaration, project)),
    },
    monitor: {
      declare: (tx, actor, declaration, { project }) =>
        monitoring.declare(tx, actor, declaration, project),
      remove: (tx, actor, name) => monitoring.remove(tx, actor, name),
    },
    policy: {
      declare: (tx, actor, declaration: PolicyDeclaration, { project, datasets }) => {
        const collect =
          datasets.find((dataset) => dataset.name === declaration.dataset)?.collect ?? null
        return continual.declare(tx, actor, declaration, project, collect)
      },
      remove: (tx, actor, name) => continual.remove(tx, actor, name),
    },
  }
}
