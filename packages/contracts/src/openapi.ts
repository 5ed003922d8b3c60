import { z } from 'zod'
import { alertInboxApi } from './alert-inbox.ts'
import { alertingApi } from './alerting.ts'
import { approvalsApi } from './approvals.ts'
import { artifactPreviewsApi } from './artifact-previews.ts'
import { auditApi } from './audit.ts'
import { batchJobsApi } from './batch-jobs.ts'
import { batchSchedulesApi } from './batch-schedules.ts'
import { bundleSignaturesApi } from './bundle-signatures.ts'
import { cloudEventsApi } from './cloud-events.ts'
import { continualApi } from './continual.ts'
import { dataApi } from './data.ts'
import { dataQualityApi } from './data-quality.ts'
import { dataReportApi } from './data-report.ts'
import { edgeApi } from './edge.ts'
import type { Endpoint } from './endpoint.ts'
import { ensemblesApi } from './ensembles.ts'
import { experimentsApi } from './experiments.ts'
import { similarApi } from './explanations.ts'
import { exportsApi } from './exports.ts'
import { featuresApi } from './features.ts'
import { rolesApi, sessionApi, usersApi } from './identity.ts'
import { importsApi, userImportsApi } from './imports.ts'
import { lineageApi } from './lineage.ts'
import { projectApi } from './manifest.ts'
import { webhooksApi } from './mlflow/webhooks.ts'
import { modelCardsApi } from './model-cards.ts'
import { modelsApi } from './models.ts'
import { monitorExportApi } from './monitor-exports.ts'
import { monitorProfilesApi } from './monitor-profiles.ts'
import { monitorReportsApi } from './monitor-reports.ts'
import { monitoringApi } from './monitoring.ts'
import { onDemandApi } from './on-demand.ts'
import { pipelinesApi } from './pipelines.ts'
import { predictionLogApi } from './prediction-log.ts'
import { replaysApi } from './replays.ts'
import { reproductionsApi } from './reproductions.ts'
import { rolloutsApi } from './rollouts.ts'
import { searchApi } from './search.ts'
import { servingApi } from './serving.ts'
import { errorBody } from './shared.ts'
import { sinksApi } from './sinks.ts'
import { streamsApi, topicsApi } from './streams.ts'
import { systemApi } from './system.ts'

/** Kaizen's own API by stage: what the OpenAPI document describes and the client can call. */
export const ownApis = {
  system: systemApi,
  search: searchApi,
  session: sessionApi,
  users: usersApi,
  roles: rolesApi,
  audit: auditApi,
  data: dataApi,
  quality: dataQualityApi,
  report: dataReportApi,
  features: featuresApi,
  onDemandFeatures: onDemandApi,
  runs: { ...reproductionsApi, ...artifactPreviewsApi },
  imports: importsApi,
  userImports: userImportsApi,
  models: modelsApi,
  approvals: approvalsApi,
  cards: modelCardsApi,
  signatures: bundleSignaturesApi,
  webhooks: { deliveries: webhooksApi.deliveries },
  edge: edgeApi,
  exports: exportsApi,
  lineage: lineageApi,
  pipelines: pipelinesApi,
  ensembles: ensemblesApi,
  experiments: experimentsApi,
  replays: replaysApi,
  similar: similarApi,
  rollouts: rolloutsApi,
  serving: servingApi,
  predictionLog: predictionLogApi,
  batch: batchJobsApi,
  batchSchedules: batchSchedulesApi,
  sinks: sinksApi,
  streams: streamsApi,
  topics: topicsApi,
  monitoring: monitoringApi,
  monitorExports: monitorExportApi,
  monitorProfiles: monitorProfilesApi,
  monitorReports: monitorReportsApi,
  alerting: alertingApi,
  alertInbox: alertInboxApi,
  cloudEvents: cloudEventsApi,
  continual: continualApi,
  projects: projectApi,
} as const

type Schema = Readonly<Record<string, unknown>>

/** Kaizen's own API as an OpenAPI 3.1 document. */
export function openApiDocument(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const [stage, api] of Object.entries(ownApis)) {
    for (const [name, endpoint] of Object.entries(api)) {
      const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
      paths[path] = {
        ...paths[path],
        [endpoint.method.toLowerCase()]: operation(stage, name, endpoint as unknown as Endpoint),
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kaizen',
      version,
      description: 'The whole machine-learning operations loop in one program.',
    },
    paths,
    components: {
      schemas: { Error: jsonSchema(errorBody, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operation(stage: string, name: string, endpoint: Endpoint): Schema {
  const content =
    endpoint.transport === 'events'
      ? 'text/event-stream'
      : endpoint.transport === 'stream'
        ? 'application/octet-stream'
        : 'application/json'
  return {
    operationId: `${stage}.${name}`,
    tags: [stage],
    summary: endpoint.summary,
    ...(endpoint.action === 'public' ? {} : { security: [{ token: [] }] }),
    parameters: [
      ...parametersOf('path', endpoint.params),
      ...parametersOf('query', endpoint.query),
    ],
    ...requestBody(endpoint),
    responses: {
      [endpoint.status ?? 200]: {
        description: 'Success',
        content: {
          [content]:
            endpoint.transport === 'json'
              ? { schema: jsonSchema(endpoint.response, 'output') }
              : {},
        },
      },
      default: {
        description: 'Failure',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function requestBody(endpoint: Endpoint): Schema {
  if (endpoint.body) {
    return {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(endpoint.body, 'input') } },
      },
    }
  }
  const takesBytes = endpoint.transport === 'stream' && endpoint.method !== 'GET'
  return takesBytes
    ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } }
    : {}
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): readonly Schema[] {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Schema>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<
    string,
    unknown
  >
  return rest
}
