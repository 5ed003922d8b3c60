import { KaizenError } from '@kaizen/contracts/errors'
import type { Dataset } from './dataset.ts'
import type { Endpoint } from './endpoint.ts'
import type { Ensemble } from './ensemble.ts'
import type { FeatureService } from './feature-service.ts'
import type { Entity, FeatureView } from './features.ts'
import type { Monitor } from './monitor.ts'
import type { OnDemandView } from './on-demand.ts'
import type { Pipeline } from './pipeline.ts'
import type { Policy } from './policy.ts'
import type { Report } from './report.ts'

export interface ProjectOptions {
  readonly name: string
  readonly description?: string
  readonly datasets?: readonly Dataset[]
  readonly featureViews?: readonly FeatureView[]
  readonly onDemandViews?: readonly OnDemandView[]
  readonly featureServices?: readonly FeatureService[]
  readonly pipelines?: readonly Pipeline[]
  readonly ensembles?: readonly Ensemble[]
  readonly endpoints?: readonly Endpoint[]
  readonly monitors?: readonly Monitor[]
  readonly reports?: readonly Report[]
  readonly policies?: readonly Policy[]
}

export interface Project {
  readonly kind: 'project'
  readonly name: string
  readonly description: string
  readonly datasets: readonly Dataset[]
  readonly entities: readonly Entity[]
  readonly featureViews: readonly FeatureView[]
  readonly onDemandViews: readonly OnDemandView[]
  readonly featureServices: readonly FeatureService[]
  readonly pipelines: readonly Pipeline[]
  readonly ensembles: readonly Ensemble[]
  readonly endpoints: readonly Endpoint[]
  readonly monitors: readonly Monitor[]
  readonly reports: readonly Report[]
  readonly policies: readonly Policy[]
}

/**
 * Declares a project; `kaizen.ts` exports it by default. What a listed object refers to belongs to the project
 * without being listed: a policy brings its monitor, pipeline and dataset, a monitor what it watches, a feature service
 * its views, a view its entities and dataset.
 */
export function project(options: ProjectOptions): Project {
  const policies = options.policies ?? []
  const reports = distinct('report', options.reports ?? [])
  const monitors = distinct<Monitor>('monitor', [
    ...(options.monitors ?? []),
    ...policies.map((policy) => policy.monitor),
    ...reports.flatMap((report) => report.monitors),
  ])
  const featureServices = distinct('feature service', options.featureServices ?? [])
  const onDemandViews = distinct('on-demand view', [
    ...(options.onDemandViews ?? []),
    ...featureServices.flatMap((service) => service.onDemandViews),
  ])
  const featureViews = distinct('feature view', [
    ...(options.featureViews ?? []),
    ...onDemandViews.flatMap(({ views }) => views),
    ...featureServices.flatMap((service) => service.views),
    ...monitors.flatMap(({ source }) => (source?.kind === 'feature-view' ? [source] : [])),
  ])
  const datasets = distinct('dataset', [
    ...(options.datasets ?? []),
    ...featureViews.map((view) => view.source),
    ...policies.map((policy) => policy.dataset),
    ...reports.flatMap((report) => report.datasets),
    ...monitors.flatMap(({ source }) => (source?.kind === 'dataset' ? [source] : [])),
  ])
  return {
    kind: 'project',
    name: options.name,
    description: options.description ?? '',
    datasets,
    entities: distinct(
      'entity',
      featureViews.flatMap((view) => view.entities),
    ),
    featureViews,
    onDemandViews,
    featureServices,
    pipelines: distinct('pipeline', [
      ...(options.pipelines ?? []),
      ...policies.map((policy) => policy.pipeline),
      ...monitors.flatMap(({ source }) => (source?.kind === 'pipeline' ? [source] : [])),
    ]),
    ensembles: distinct('ensemble', options.ensembles ?? []),
    endpoints: distinct('endpoint', [
      ...(options.endpoints ?? []),
      ...monitors.flatMap(({ source }) => (source?.kind === 'endpoint' ? [source] : [])),
      ...datasets.flatMap((dataset) => dataset.collects ?? []),
    ]),
    monitors,
    reports,
    policies: distinct('policy', policies),
  }
}

export const isProject = (value: unknown): value is Project =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'project'

/** Each object once, in order of its first mention. */
function distinct<T extends { readonly name: string }>(kind: string, objects: readonly T[]): T[] {
  const byName = new Map<string, T>()
  for (const object of objects) {
    const known = byName.get(object.name)
    if (known !== undefined && known !== object) {
      throw new KaizenError('INVALID_MANIFEST', `two ${kind} objects are named "${object.name}"`, {
        hint: 'Rename one of them, or declare it once and use that value in both places.',
      })
    }
    byName.set(object.name, object)
  }
  return [...byName.values()]
}
