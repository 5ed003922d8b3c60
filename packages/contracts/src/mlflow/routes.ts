import type { HttpMethod } from '../endpoint.ts'
import { mlflowArtifactsApi } from './artifacts.ts'
import { mlflowAssessmentsApi } from './assessments.ts'
import { mlflowEvaluationDatasetsApi } from './evaluation-datasets.ts'
import { mlflowExperimentsApi } from './experiments.ts'
import { mlflowLoggedModelsApi } from './logged-models.ts'
import { mlflowModelVersionsApi, mlflowRegisteredModelsApi } from './registry.ts'
import { mlflowRunsApi } from './runs.ts'
import { mlflowScorersApi } from './scorers.ts'
import { mlflowServerApi } from './server.ts'
import { mlflowTraceMetricsApi } from './trace-metrics.ts'
import { mlflowTracesApi, otlpApi } from './traces.ts'
import { mlflowTransfersApi } from './transfers.ts'
import { mlflowPermissionsApi, mlflowRolesApi, mlflowUsersApi } from './users.ts'
import { mlflowWebhooksApi } from './webhooks.ts'
import { mlflowWorkspacesApi } from './workspaces.ts'

/** One route of MLflow's server and what Kaizen does with it. */
export interface MlflowRoute {
  readonly method: HttpMethod
  /** In Fastify syntax, under the prefix of programs (`/api`); browsers' pages use `/ajax-api`. */
  readonly path: string
  readonly area: string
  readonly state: 'served' | 'not supported'
  /** Why it is not supported. */
  readonly reason: string
}

const served = (
  area: string,
  api: Readonly<Record<string, { readonly method: HttpMethod; readonly path: string }>>,
): readonly MlflowRoute[] =>
  Object.values(api).map(({ method, path }) => ({
    method,
    path,
    area,
    state: 'served',
    reason: '',
  }))

const declined = (
  area: string,
  reason: string,
  routes: readonly string[],
): readonly MlflowRoute[] =>
  routes.map((route) => {
    const [method = '', path = ''] = route.split(' ')
    return { method: method as HttpMethod, path, area, state: 'not supported', reason }
  })

/** Every route of MLflow 3.17 under its API prefixes, and the ones of older versions that clients still call. */
export const mlflowRoutes: readonly MlflowRoute[] = [
  ...served('Experiments', mlflowExperimentsApi),
  ...served('Runs and metrics', mlflowRunsApi),
  ...served('Artifacts', mlflowArtifactsApi),
  ...served('Artifacts past the server, from a bucket', mlflowTransfersApi),
  ...served('Logged models', mlflowLoggedModelsApi),
  ...served('Registered models', mlflowRegisteredModelsApi),
  ...served('Model versions', mlflowModelVersionsApi),
  ...served('Webhooks', mlflowWebhooksApi),
  ...served('Users and permissions', mlflowUsersApi),
  ...served('Users and permissions', mlflowPermissionsApi),
  ...served('Users and permissions', mlflowRolesApi),
  ...declined('Gateway', 'A gateway to language models is not part of Kaizen.', [
    'GET /ajax-api/2.0/mlflow/gateway-proxy',
    'POST /ajax-api/2.0/mlflow/gateway-proxy',
    'POST /ajax-api/2.0/mlflow/runs/create-promptlab-run',
    'GET /ajax-api/3.0/mlflow/gateway/provider-config',
    'GET /ajax-api/3.0/mlflow/gateway/secrets/config',
    'GET /ajax-api/3.0/mlflow/gateway/supported-models',
    'GET /ajax-api/3.0/mlflow/gateway/supported-providers',
    'POST /api/3.0/mlflow/gateway/budgets/create',
    'DELETE /api/3.0/mlflow/gateway/budgets/delete',
    'GET /api/3.0/mlflow/gateway/budgets/get',
    'GET /api/3.0/mlflow/gateway/budgets/list',
    'POST /api/3.0/mlflow/gateway/budgets/update',
    'GET /api/3.0/mlflow/gateway/budgets/windows',
    'POST /api/3.0/mlflow/gateway/endpoints/bindings/create',
    'DELETE /api/3.0/mlflow/gateway/endpoints/bindings/delete',
    'GET /api/3.0/mlflow/gateway/endpoints/bindings/list',
    'POST /api/3.0/mlflow/gateway/endpoints/create',
    'DELETE /api/3.0/mlflow/gateway/endpoints/delete',
    'DELETE /api/3.0/mlflow/gateway/endpoints/delete-tag',
    'GET /api/3.0/mlflow/gateway/endpoints/get',
    'GET /api/3.0/mlflow/gateway/endpoints/list',
    'POST /api/3.0/mlflow/gateway/endpoints/models/attach',
    'POST /api/3.0/mlflow/gateway/endpoints/models/detach',
    'POST /api/3.0/mlflow/gateway/endpoints/set-tag',
    'POST /api/3.0/mlflow/gateway/endpoints/update',
    'POST /api/3.0/mlflow/gateway/guardrails/add-to-endpoint',
    'POST /api/3.0/mlflow/gateway/guardrails/create',
    'DELETE /api/3.0/mlflow/gateway/guardrails/delete',
    'GET /api/3.0/mlflow/gateway/guardrails/get',
    'GET /api/3.0/mlflow/gateway/guardrails/list',
    'GET /api/3.0/mlflow/gateway/guardrails/list-for-endpoint',
    'DELETE /api/3.0/mlflow/gateway/guardrails/remove-from-endpoint',
    'PATCH /api/3.0/mlflow/gateway/guardrails/update-config',
    'POST /api/3.0/mlflow/gateway/model-definitions/create',
    'DELETE /api/3.0/mlflow/gateway/model-definitions/delete',
    'GET /api/3.0/mlflow/gateway/model-definitions/get',
    'GET /api/3.0/mlflow/gateway/model-definitions/list',
    'POST /api/3.0/mlflow/gateway/model-definitions/update',
    'POST /api/3.0/mlflow/gateway/secrets/create',
    'DELETE /api/3.0/mlflow/gateway/secrets/delete',
    'GET /api/3.0/mlflow/gateway/secrets/get',
    'GET /api/3.0/mlflow/gateway/secrets/list',
    'POST /api/3.0/mlflow/gateway/secrets/update',
  ]),
  ...served('Server', mlflowServerApi),
  ...served('Traces and spans', mlflowTracesApi),
  ...served('Traces and spans', otlpApi),
  ...served('Traces and spans', mlflowTraceMetricsApi),
  ...served('Assessments', mlflowAssessmentsApi),
  ...served('Evaluation data sets', mlflowEvaluationDatasetsApi),
  ...served('Scorers', mlflowScorersApi),
  ...declined('Traces and spans', 'Belongs to a vendor whose store is not Kaizen.', [
    'GET /api/2.0/mlflow/get-online-trace-details',
    'GET /api/2.0/mlflow/unified-traces',
  ]),
  ...declined('User interface', "Serves only the pages of MLflow's own user interface.", [
    'POST /ajax-api/2.0/mlflow/upload-artifact',
    'POST /ajax-api/3.0/mlflow/demo/delete',
    'POST /ajax-api/3.0/mlflow/demo/generate',
    'GET /ajax-api/3.0/mlflow/jobs/:job_id',
    'PATCH /ajax-api/3.0/mlflow/jobs/cancel/:job_id',
    'GET /ajax-api/3.0/mlflow/ui-telemetry',
    'POST /ajax-api/3.0/mlflow/ui-telemetry',
  ]),
  ...declined(
    'User interface',
    "Asked by the pages of MLflow's own user interface alone: no client of Python, Java, R or TypeScript, nor the command line, speaks GraphQL, and all that it answers has a route above.",
    ['GET /graphql', 'POST /graphql'],
  ),
  ...declined(
    'Judges that run on the server',
    'Judges run where their code and their keys are: in the client.',
    [
      'POST /ajax-api/3.0/mlflow/genai/evaluate/invoke',
      'POST /ajax-api/3.0/mlflow/issues/invoke',
      'POST /ajax-api/3.0/mlflow/scorer/invoke',
      'PUT /api/3.0/mlflow/scorers/online-config',
    ],
  ),
  ...declined('Issues', 'Issues are made by judges that run on the server.', [
    'POST /api/3.0/mlflow/issues',
    'GET /api/3.0/mlflow/issues/:issue_id',
    'PATCH /api/3.0/mlflow/issues/:issue_id',
    'POST /api/3.0/mlflow/issues/search',
  ]),
  ...declined(
    'Artifact transfer',
    'For plugins of other hosts; clients of Kaizen use the routes of the artifact proxy.',
    [
      'POST /api/2.0/mlflow/artifacts/presigned-download-url',
      'POST /api/2.0/mlflow/artifacts/presigned-upload-url',
    ],
  ),
  ...declined(
    'Review',
    'Queues and forms of reviewers are pages of another user interface; what they find is kept as assessments.',
    [
      'POST /api/3.0/mlflow/label-schemas/create',
      'DELETE /api/3.0/mlflow/label-schemas/delete',
      'GET /api/3.0/mlflow/label-schemas/get',
      'GET /api/3.0/mlflow/label-schemas/get-by-name',
      'GET /api/3.0/mlflow/label-schemas/list',
      'PATCH /api/3.0/mlflow/label-schemas/update',
      'POST /api/3.0/mlflow/review-queues/create',
      'POST /api/3.0/mlflow/review-queues/delete',
      'GET /api/3.0/mlflow/review-queues/get',
      'GET /api/3.0/mlflow/review-queues/get-by-name',
      'POST /api/3.0/mlflow/review-queues/get-or-create-user',
      'POST /api/3.0/mlflow/review-queues/items/add',
      'GET /api/3.0/mlflow/review-queues/items/list',
      'POST /api/3.0/mlflow/review-queues/items/remove',
      'POST /api/3.0/mlflow/review-queues/items/set-status',
      'GET /api/3.0/mlflow/review-queues/list',
      'POST /api/3.0/mlflow/review-queues/update',
    ],
  ),
  ...declined(
    'Prompt optimization',
    'Prompts are kept as registered models; optimizing them is not part of Kaizen.',
    [
      'POST /api/3.0/mlflow/prompt-optimization/jobs',
      'DELETE /api/3.0/mlflow/prompt-optimization/jobs/:job_id',
      'GET /api/3.0/mlflow/prompt-optimization/jobs/:job_id',
      'POST /api/3.0/mlflow/prompt-optimization/jobs/:job_id/cancel',
      'GET /api/3.0/mlflow/prompt-optimization/jobs/search',
      'POST /api/3.0/mlflow/prompt-optimization/jobs/search',
    ],
  ),
  ...served('Workspaces', mlflowWorkspacesApi),
]
