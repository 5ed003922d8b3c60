import { KaizenError } from '@kaizen/contracts'
import { isPrompt, marksPrompt } from './copy-models.ts'
import {
  readDatasetExperiments,
  readEvaluationDatasets,
  readEvaluationRecords,
} from './database-evaluation.ts'
import { type DatabaseReader, openDatabaseReader } from './database-reader.ts'
import { readMetricPage, readRun, readRunPage } from './database-runs.ts'
import { checkRevision } from './database-schema.ts'
import { readScorers, readScorerVersions } from './database-scorers.ts'
import { readSpans, readTracePage, traceLocation } from './database-traces.ts'
import { readWebhooks } from './database-webhooks.ts'
import { listOf, type Message, messageOf, textOf } from './endpoint.ts'
import { LocalArtifacts } from './local-artifacts.ts'
import type { MlflowSource } from './source.ts'

/** An MLflow store without a server: its database, only read, and its artifact folder. Answers what the copy asks. */
export class DatabaseSource implements MlflowSource, AsyncDisposable {
  readonly #reader: DatabaseReader
  readonly #artifacts: LocalArtifacts
  /** Workspaces came late, and one name may stand in several of them. */
  readonly #hasWorkspaces: boolean

  private constructor(reader: DatabaseReader, artifacts: LocalArtifacts, hasWorkspaces: boolean) {
    this.#reader = reader
    this.#artifacts = artifacts
    this.#hasWorkspaces = hasWorkspaces
  }

  /** @throws INVALID_CONFIG, UNSUPPORTED for a schema that is not known, UNAVAILABLE */
  static async open(address: string, folder: string | undefined): Promise<DatabaseSource> {
    const artifacts = await LocalArtifacts.open(folder)
    const reader = await openDatabaseReader(address)
    try {
      const isMlflow = (await reader.columns('alembic_version')).size > 0
      const rows = isMlflow ? await reader.all('SELECT version_num FROM alembic_version') : []
      checkRevision(rows.map((row) => textOf(row['version_num'])))
      const columns = await reader.columns('registered_models')
      return new DatabaseSource(reader, artifacts, columns.has('workspace'))
    } catch (failure) {
      await reader[Symbol.asyncDispose]()
      throw failure
    }
  }

  /** Other workspaces than the first, which a copy into one server cannot keep apart. */
  async otherWorkspaces(): Promise<readonly string[]> {
    if (!this.#hasWorkspaces) return []
    const rows = await this.#reader.all(
      `SELECT workspace FROM experiments WHERE workspace <> 'default'
       UNION SELECT workspace FROM registered_models WHERE workspace <> 'default'`,
    )
    return rows.map((row) => textOf(row['workspace']))
  }

  /** Whether the users of basic-auth are kept in it too. */
  async holdsUsers(): Promise<boolean> {
    return (await this.#reader.columns('alembic_version_auth')).size > 0
  }

  async *pages(
    field: string,
    ask: (pageToken: string | undefined) => Promise<Message>,
  ): AsyncGenerator<Message> {
    for (let token: string | undefined; ; ) {
      const page = await ask(token)
      yield* listOf(page[field])
      token = textOf(page['next_page_token']) || undefined
      if (token === undefined) return
    }
  }

  async get(
    path: string,
    query: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Message> {
    const model = /^logged-models\/([^/]+)\/artifacts\/directories$/.exec(path)?.[1]
    if (model !== undefined) {
      const folder = query['artifact_directory_path'] ?? ''
      return { files: await this.#artifacts.list(await this.#modelUri(model), folder) }
    }
    switch (path) {
      case 'webhooks':
        return readWebhooks(this.#reader, process.env['MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY'])
      case 'runs/get':
        return { run: await readRun(this.#reader, query['run_id'] ?? '') }
      case 'metrics/get-history':
        return readMetricPage(this.#reader, {
          runId: query['run_id'] ?? '',
          key: query['metric_key'] ?? '',
          after: query['page_token'],
        })
      case 'artifacts/list': {
        const uri = await this.#runUri(query['run_id'] ?? '')
        return { files: await this.#artifacts.list(uri, query['path'] ?? '') }
      }
      case 'registered-models/search': {
        const asked = query['filter'] === isPrompt
        const all = await this.#registeredModels()
        return { registered_models: all.filter((model) => isPromptModel(model) === asked) }
      }
      case 'model-versions/search': {
        const named = (query['filter'] ?? '').replace(` AND ${isPrompt}`, '')
        const name = /^name = '(.*)'$/s.exec(named)?.[1] ?? ''
        return { model_versions: await this.#versions(name.replaceAll("''", "'")) }
      }
      default:
        throw new KaizenError('UNSUPPORTED', `a database does not answer ${path}`)
    }
  }

  async send(path: string, body: unknown): Promise<Message> {
    const asked = body as Message
    const url = new URL(path, 'http://store')
    if (url.pathname.endsWith('/traces/batchGet')) {
      return { traces: await readSpans(this.#reader, url.searchParams.getAll('trace_ids')) }
    }
    if (url.pathname.endsWith('/scorers/list'))
      return readScorers(this.#reader, url.searchParams.get('experiment_id') ?? '')
    if (url.pathname.endsWith('/scorers/versions')) {
      const name = url.searchParams.get('name') ?? ''
      return readScorerVersions(this.#reader, url.searchParams.get('experiment_id') ?? '', name)
    }
    const [, dataset = '', part] =
      /\/datasets\/([^/]+)\/(records|experiment-ids)$/.exec(url.pathname) ?? []
    if (part === 'records') return readEvaluationRecords(this.#reader, dataset)
    if (part !== undefined) return readDatasetExperiments(this.#reader, dataset)
    switch (path) {
      case '/api/3.0/mlflow/traces/search':
        return readTracePage(this.#reader, locatedAt(asked), textOf(asked['page_token']))
      case '/api/3.0/mlflow/datasets/search':
        return readEvaluationDatasets(this.#reader)
      case 'experiments/search':
        return { experiments: await this.#experiments() }
      case 'logged-models/search':
        return { models: await this.#loggedModels(idOf(asked)) }
      case 'runs/search':
        return readRunPage(this.#reader, idOf(asked), textOf(asked['page_token']))
      default:
        throw new KaizenError('UNSUPPORTED', `a database does not answer ${path}`)
    }
  }

  async download(path: string, file: string): Promise<void> {
    const url = new URL(path, 'http://store')
    const trace = url.searchParams.get('request_id')
    if (trace !== null) {
      const uri = await traceLocation(this.#reader, trace)
      await this.#artifacts.copy(uri, url.searchParams.get('path') ?? '', file)
      return
    }
    const model = /\/logged-models\/([^/]+)\/artifacts\/files$/.exec(url.pathname)?.[1]
    const name = url.searchParams.get(model === undefined ? 'path' : 'artifact_file_path') ?? ''
    const uri =
      model === undefined
        ? await this.#runUri(url.searchParams.get('run_id') ?? '')
        : await this.#modelUri(model)
    await this.#artifacts.copy(uri, name, file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
  }

  /** A condition that leaves other workspaces out. */
  #here(table: string): string {
    return this.#hasWorkspaces ? `${table}.workspace = 'default'` : '1 = 1'
  }

  async #experiments(): Promise<readonly Message[]> {
    const rows = await this.#reader.all(
      `SELECT experiment_id, name, lifecycle_stage FROM experiments
       WHERE ${this.#here('experiments')} ORDER BY experiment_id`,
    )
    const tags = await this.#reader.all('SELECT experiment_id, key, value FROM experiment_tags')
    return rows.map((row) => ({
      ...row,
      experiment_id: textOf(row['experiment_id']),
      tags: tags
        .filter((tag) => tag['experiment_id'] === row['experiment_id'])
        .map(({ key, value }) => ({ key, value: textOf(value) })),
    }))
  }

  async #loggedModels(experimentId: string): Promise<readonly Message[]> {
    if ((await this.#reader.columns('logged_models')).size === 0) return []
    const all = (sql: string) => this.#reader.all(sql, [Number(experimentId)])
    const rows = await all(
      `SELECT model_id, name, model_type, source_run_id, status FROM logged_models
       WHERE experiment_id = ? AND lifecycle_stage = 'active' ORDER BY creation_timestamp_ms, model_id`,
    )
    const params = await all(
      'SELECT model_id, param_key AS key, param_value AS value FROM logged_model_params WHERE experiment_id = ?',
    )
    const tags = await all(
      'SELECT model_id, tag_key AS key, tag_value AS value FROM logged_model_tags WHERE experiment_id = ?',
    )
    const measured = (await this.#reader.columns('logged_model_metrics')).size > 0
    const metrics = !measured
      ? []
      : await all(
          `SELECT model_id, metric_name AS key, metric_value AS value, metric_timestamp_ms AS timestamp,
         metric_step AS step, run_id, dataset_name, dataset_digest
       FROM logged_model_metrics WHERE experiment_id = ?`,
        )
    const of = (pairs: readonly Message[], id: unknown) =>
      pairs
        .filter((pair) => pair['model_id'] === id)
        .map(({ key, value }) => ({ key, value: textOf(value) }))
    return rows.map((row) => ({
      info: { ...row, tags: of(tags, row['model_id']) },
      data: {
        params: of(params, row['model_id']),
        metrics: metrics.filter((point) => point['model_id'] === row['model_id']),
      },
    }))
  }

  async #registeredModels(): Promise<readonly Message[]> {
    const rows = await this.#reader.all(
      `SELECT name, description FROM registered_models
       WHERE ${this.#here('registered_models')} ORDER BY name`,
    )
    const models: Message[] = []
    for (const row of rows) {
      const name = textOf(row['name'])
      const tags = await this.#reader.all(
        `SELECT key, value FROM registered_model_tags
         WHERE name = ? AND ${this.#here('registered_model_tags')} ORDER BY key`,
        [name],
      )
      const hasAliases = (await this.#reader.columns('registered_model_aliases')).size > 0
      const aliases = hasAliases
        ? await this.#reader.all(
            `SELECT alias, version FROM registered_model_aliases
             WHERE name = ? AND ${this.#here('registered_model_aliases')} ORDER BY alias`,
            [name],
          )
        : []
      models.push({
        name,
        description: row['description'] ?? '',
        tags,
        aliases: aliases.map(({ alias, version }) => ({ alias, version: textOf(version) })),
      })
    }
    return models
  }

  async #versions(name: string): Promise<readonly Message[]> {
    const rows = await this.#reader.all(
      `SELECT version, source, run_id, description, current_stage FROM model_versions
       WHERE name = ? AND current_stage <> 'Deleted_Internal' AND ${this.#here('model_versions')}
       ORDER BY version`,
      [name],
    )
    const tags = await this.#reader.all(
      `SELECT version, key, value FROM model_version_tags
       WHERE name = ? AND ${this.#here('model_version_tags')} ORDER BY key`,
      [name],
    )
    return rows.map((row) => ({
      ...row,
      version: textOf(row['version']),
      run_id: row['run_id'] ?? '',
      description: row['description'] ?? '',
      tags: tags
        .filter((tag) => tag['version'] === row['version'])
        .map(({ key, value }) => ({ key, value: textOf(value) })),
    }))
  }

  async #runUri(id: string): Promise<string> {
    const [row] = await this.#reader.all('SELECT artifact_uri FROM runs WHERE run_uuid = ?', [id])
    return textOf(row?.['artifact_uri'])
  }

  async #modelUri(id: string): Promise<string> {
    const sql = 'SELECT artifact_location FROM logged_models WHERE model_id = ?'
    const [row] = await this.#reader.all(sql, [id])
    return textOf(row?.['artifact_location'])
  }
}

const isPromptModel = (model: Message): boolean => listOf(model['tags']).some(marksPrompt)

/** The experiment whose traces are searched. */
function locatedAt(asked: Message): string {
  const [location] = listOf(asked['locations'])
  return textOf(messageOf(location?.['mlflow_experiment'])['experiment_id'])
}

const idOf = (asked: Message): string => textOf((asked['experiment_ids'] as readonly unknown[])[0])
