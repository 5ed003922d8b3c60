/** What a function of MLflow's client of R asks, in the order in which it asks. */
export interface MlflowRFunction {
  readonly name: string
  /** Method and path; empty where the function runs MLflow's command line, which is the client of Python. */
  readonly routes: readonly string[]
}

const v2 = '/api/2.0/mlflow'
const asks = (names: string, ...routes: readonly string[]): readonly MlflowRFunction[] =>
  names.split(' ').map((name) => ({
    name: `mlflow_${name}`,
    routes: routes.map((route) => route.replace(' ', ` ${v2}/`)),
  }))

const getRun = 'GET runs/get'

/** The functions of MLflow's client of R that ask a server, with their routes. */
export const mlflowRFunctions: readonly MlflowRFunction[] = [
  ...asks('create_experiment', 'POST experiments/create'),
  ...asks('list_experiments', 'GET experiments/list'),
  ...asks('search_experiments', 'POST experiments/search'),
  ...asks('get_experiment', 'GET experiments/get', 'GET experiments/get-by-name'),
  ...asks('set_experiment', 'GET experiments/get-by-name', 'POST experiments/create'),
  ...asks('delete_experiment', 'POST experiments/delete'),
  ...asks('restore_experiment', 'POST experiments/restore'),
  ...asks('rename_experiment', 'POST experiments/update'),
  ...asks('set_experiment_tag', 'POST experiments/set-experiment-tag'),
  ...asks('start_run', 'POST runs/create', getRun),
  ...asks('end_run', 'POST runs/update', getRun),
  ...asks('get_run', getRun),
  ...asks('delete_run', 'POST runs/delete'),
  ...asks('restore_run', 'POST runs/restore', getRun),
  ...asks('search_runs list_run_infos', 'POST runs/search'),
  ...asks('log_metric', 'POST runs/log-metric'),
  ...asks('log_param', 'POST runs/log-parameter'),
  ...asks('log_batch', 'POST runs/log-batch'),
  ...asks('set_tag', 'POST runs/set-tag'),
  ...asks('delete_tag', 'POST runs/delete-tag'),
  ...asks('get_metric_history', 'GET metrics/get-history'),
  ...asks('list_artifacts', 'GET artifacts/list'),
  ...asks('log_model', 'POST runs/log-model'),
  ...asks('log_artifact download_artifacts load_model'),
  ...asks('create_registered_model', 'POST registered-models/create'),
  ...asks('get_registered_model', 'GET registered-models/get'),
  ...asks('rename_registered_model', 'POST registered-models/rename'),
  ...asks('update_registered_model', 'PATCH registered-models/update'),
  ...asks('delete_registered_model', 'DELETE registered-models/delete'),
  ...asks('search_registered_models', 'POST registered-models/search'),
  ...asks('get_latest_versions', 'GET registered-models/get-latest-versions'),
  ...asks('create_model_version register_model', 'POST model-versions/create'),
  ...asks('get_model_version', 'GET model-versions/get'),
  ...asks('update_model_version', 'PATCH model-versions/update'),
  ...asks('delete_model_version', 'DELETE model-versions/delete'),
  ...asks('transition_model_version_stage', 'POST model-versions/transition-stage'),
  ...asks('set_registered_model_alias', 'POST registered-models/alias'),
  ...asks('get_model_version_by_alias', 'GET registered-models/alias'),
]
