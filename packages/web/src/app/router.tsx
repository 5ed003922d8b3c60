import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { FailureState, State } from '../shared/ui/state.tsx'
import { present, type Search, text, whole } from './search-fields.ts'
import { Shell } from './shell.tsx'

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <State icon="search" title="There is no such page" command="kaizen loop status">
      <p>The address leads nowhere. Press / to search, or g l to go to the loop.</p>
    </State>
  ),
})
const getParentRoute = () => rootRoute

const routes = [
  createRoute({
    getParentRoute,
    path: '/',
    component: lazyRouteComponent(() => import('../features/loop/loop-page.tsx'), 'LoopPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/candidates/$id',
    component: lazyRouteComponent(
      () => import('../features/loop/candidate-page.tsx'),
      'CandidatePage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/decisions/$id',
    validateSearch: (search: Search) => present({ candidate: text(search['candidate']) }),
    component: lazyRouteComponent(
      () => import('../features/loop/decision-page.tsx'),
      'DecisionPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/data',
    component: lazyRouteComponent(
      () => import('../features/data/datasets-page.tsx'),
      'DatasetsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/data/$name',
    validateSearch: (search: Search) =>
      present({
        version: whole(search['version']),
        tab: text(search['tab']),
        target: text(search['target']),
        validation: text(search['validation']),
        other: whole(search['other']),
      }),
    component: lazyRouteComponent(() => import('../features/data/dataset-page.tsx'), 'DatasetPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/features',
    validateSearch: (search: Search) => present({ tab: text(search['tab']) }),
    component: lazyRouteComponent(() => import('../features/features/features.tsx'), 'Features'),
  }),
  createRoute({
    getParentRoute,
    path: '/features/$name',
    component: lazyRouteComponent(
      () => import('../features/features/feature-view-page.tsx'),
      'FeatureViewPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/features/on-demand/$name',
    component: lazyRouteComponent(() => import('../features/features/on-demand.tsx'), 'OnDemand'),
  }),
  createRoute({
    getParentRoute,
    path: '/experiments',
    component: lazyRouteComponent(
      () => import('../features/experiments/experiments-page.tsx'),
      'ExperimentsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/experiments/$id',
    validateSearch: (search: Search) =>
      present({
        filter: text(search['filter']),
        order: text(search['order']),
        columns: text(search['columns']),
        pinned: text(search['pinned']),
        group: text(search['group']),
        spark: text(search['spark']),
        chosen: text(search['chosen']),
      }),
    component: lazyRouteComponent(
      () => import('../features/experiments/runs-page.tsx'),
      'RunsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/experiments/$id/traces',
    validateSearch: (search: Search) =>
      present({ filter: text(search['filter']), order: text(search['order']) }),
    component: lazyRouteComponent(() => import('../features/traces/traces-page.tsx'), 'TracesPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/traces/$id',
    validateSearch: (search: Search) => present({ span: text(search['span']) }),
    component: lazyRouteComponent(() => import('../features/traces/trace-page.tsx'), 'TracePage'),
  }),
  createRoute({
    getParentRoute,
    path: '/compare',
    validateSearch: (search: Search) =>
      present({
        runs: text(search['runs']),
        metric: text(search['metric']),
        along: text(search['along']),
        logs: text(search['logs']),
        smooth: text(search['smooth']),
        all: text(search['all']),
        across: text(search['across']),
        up: text(search['up']),
        axes: text(search['axes']),
        by: text(search['by']),
      }),
    component: lazyRouteComponent(
      () => import('../features/experiments/compare/compare-page.tsx'),
      'ComparePage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/runs/$id',
    validateSearch: (search: Search) =>
      present({
        along: text(search['along']),
        logs: text(search['logs']),
        smooth: text(search['smooth']),
        against: text(search['against']),
        file: text(search['file']),
      }),
    component: lazyRouteComponent(() => import('../features/experiments/run-page.tsx'), 'RunPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/models',
    component: lazyRouteComponent(() => import('../features/models/models-page.tsx'), 'ModelsPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$name',
    validateSearch: (search: Search) =>
      present({ version: whole(search['version']), compare: whole(search['compare']) }),
    component: lazyRouteComponent(() => import('../features/models/model-page.tsx'), 'ModelPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/prompts',
    component: lazyRouteComponent(
      () => import('../features/prompts/prompts-page.tsx'),
      'PromptsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/prompts/$name',
    validateSearch: (search: Search) =>
      present({ version: whole(search['version']), compare: whole(search['compare']) }),
    component: lazyRouteComponent(
      () => import('../features/prompts/prompt-page.tsx'),
      'PromptPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/evaluation-datasets',
    validateSearch: (search: Search) => present({ filter: text(search['filter']) }),
    component: lazyRouteComponent(
      () => import('../features/evaluation-datasets/evaluation-datasets-page.tsx'),
      'EvaluationDatasetsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/evaluation-datasets/$id',
    validateSearch: (search: Search) =>
      present({ text: text(search['text']), record: text(search['record']) }),
    component: lazyRouteComponent(
      () => import('../features/evaluation-datasets/evaluation-dataset-page.tsx'),
      'EvaluationDatasetPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/pipelines',
    component: lazyRouteComponent(
      () => import('../features/pipelines/pipelines-page.tsx'),
      'PipelinesPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/pipelines/$name',
    component: lazyRouteComponent(
      () => import('../features/pipelines/pipeline-page.tsx'),
      'PipelinePage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/pipeline-runs/$id',
    validateSearch: (search: Search) => present({ step: text(search['step']) }),
    component: lazyRouteComponent(
      () => import('../features/pipelines/run-page.tsx'),
      'PipelineRunPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/endpoints',
    component: lazyRouteComponent(
      () => import('../features/endpoints/endpoints-page.tsx'),
      'EndpointsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/endpoints/$name',
    validateSearch: (search: Search) =>
      present({ tab: text(search['tab']), from: whole(search['from']), to: whole(search['to']) }),
    component: lazyRouteComponent(
      () => import('../features/endpoints/endpoint-page.tsx'),
      'EndpointPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/batch-jobs',
    component: lazyRouteComponent(
      () => import('../features/batch/batch-jobs-page.tsx'),
      'BatchJobsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/batch-jobs/$id',
    component: lazyRouteComponent(
      () => import('../features/batch/batch-job-page.tsx'),
      'BatchJobPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/batch-schedules',
    component: lazyRouteComponent(() => import('../features/batch/schedules.tsx'), 'SchedulesPage'),
  }),
  createRoute({
    getParentRoute,
    path: '/streams',
    component: lazyRouteComponent(
      () => import('../features/streams/streams-page.tsx'),
      'StreamsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/streams/$name',
    component: lazyRouteComponent(
      () => import('../features/streams/stream-page.tsx'),
      'StreamPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/ensembles',
    component: lazyRouteComponent(
      () => import('../features/ensembles/ensembles-page.tsx'),
      'EnsemblesPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/ensembles/$name',
    validateSearch: (search: Search) => present({ version: whole(search['version']) }),
    component: lazyRouteComponent(
      () => import('../features/ensembles/ensemble-page.tsx'),
      'EnsemblePage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/monitors',
    component: lazyRouteComponent(
      () => import('../features/monitors/monitors-page.tsx'),
      'MonitorsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/monitors/$name',
    validateSearch: (search: Search) =>
      present({
        tab: text(search['tab']),
        metric: text(search['metric']),
        from: whole(search['from']),
        to: whole(search['to']),
        at: whole(search['at']),
      }),
    component: lazyRouteComponent(
      () => import('../features/monitors/monitor-page.tsx'),
      'MonitorPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/alerts',
    validateSearch: (search: Search) =>
      present({
        tab: text(search['tab']),
        text: text(search['text']),
        severity: text(search['severity']),
        monitor: text(search['monitor']),
        assignee: text(search['assignee']),
        from: whole(search['from']),
        to: whole(search['to']),
        alert: text(search['alert']),
      }),
    component: lazyRouteComponent(
      () => import('../features/monitors/inbox/inbox-page.tsx'),
      'InboxPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/monitor-reports',
    validateSearch: (search: Search) => present({ of: text(search['of']) }),
    component: lazyRouteComponent(
      () => import('../features/monitors/reports/reports-page.tsx'),
      'ReportsPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/monitor-windows/$id',
    component: lazyRouteComponent(
      () => import('../features/monitors/window-page.tsx'),
      'WindowPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/governance',
    validateSearch: (search: Search) =>
      present({
        type: text(search['type']),
        subject: text(search['subject']),
        seq: whole(search['seq']),
      }),
    component: lazyRouteComponent(
      () => import('../features/governance/audit-page.tsx'),
      'AuditPage',
    ),
  }),
  createRoute({
    getParentRoute,
    path: '/settings',
    validateSearch: (search: Search) =>
      present({ tab: text(search['tab']), of: text(search['of']) }),
    component: lazyRouteComponent(
      () => import('../features/settings/settings-page.tsx'),
      'SettingsPage',
    ),
  }),
] as const

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => <FailureState error={error} retry={reset} />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
