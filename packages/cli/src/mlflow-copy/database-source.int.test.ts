import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { postgresAvailable, startPostgres } from '@kaizen/platform/test-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DatabaseSource } from './database-source.ts'
import { listOf, type Message } from './endpoint.ts'

const run = 'ab'.repeat(16)
const model = `m-${'cd'.repeat(16)}`
/** What is read of a store of MLflow 3, in words of both databases. */
const store = `
CREATE TABLE alembic_version (version_num VARCHAR(32));
INSERT INTO alembic_version VALUES ('dc11669786a5');
CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT, workspace TEXT);
INSERT INTO experiments VALUES (0, 'Default', 'active', 'default'), (4, 'it''s', 'deleted', 'default'), (5, 'x', 'active', 'team');
CREATE TABLE experiment_tags (experiment_id INTEGER, key TEXT, value TEXT);
INSERT INTO experiment_tags VALUES (4, 'team', 'growth');
CREATE TABLE runs (run_uuid TEXT, name TEXT, user_id TEXT, status TEXT, start_time BIGINT, end_time BIGINT,
  lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);
INSERT INTO runs VALUES ('${run}', 'r', NULL, 'FINISHED', 1795828111226, 1795828111999, 'active', 'mlflow-artifacts:/4/${run}/artifacts', 4);
CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
INSERT INTO params VALUES ('${run}', 'depth', '3');
CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
INSERT INTO tags VALUES ('${run}', 'stage', 'draft');
CREATE TABLE latest_metrics (run_uuid TEXT, key TEXT);
INSERT INTO latest_metrics VALUES ('${run}', 'loss');
CREATE TABLE metrics (run_uuid TEXT, key TEXT, value DOUBLE PRECISION, timestamp BIGINT, step BIGINT, is_nan BOOLEAN);
INSERT INTO metrics VALUES ('${run}', 'loss', 0.5, 1795828111226, 0, false), ('${run}', 'loss', 0, 1795828111227, 1, true),
  ('${run}', 'loss', 0, 1795828111227, 1, false), ('${run}', 'loss', 1.7976931348623157e308, 1795828111228, 2, false);
CREATE TABLE inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT, destination_id TEXT, step BIGINT);
INSERT INTO inputs VALUES ('i', 'DATASET', 'd', 'RUN', '${run}', 0), ('o', 'RUN_OUTPUT', '${run}', 'MODEL_OUTPUT', '${model}', 3);
CREATE TABLE datasets (dataset_uuid TEXT, name TEXT, digest TEXT, dataset_source_type TEXT, dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT);
INSERT INTO datasets VALUES ('d', 'orders', 'abc', 'local', '{}', NULL, NULL);
CREATE TABLE input_tags (input_uuid TEXT, name TEXT, value TEXT);
INSERT INTO input_tags VALUES ('i', 'mlflow.data.context', 'training');
CREATE TABLE logged_models (model_id TEXT, experiment_id INTEGER, name TEXT, model_type TEXT, source_run_id TEXT, status INTEGER,
  lifecycle_stage TEXT, creation_timestamp_ms BIGINT, artifact_location TEXT);
INSERT INTO logged_models VALUES ('${model}', 4, 'echo', '', '${run}', 2, 'active', 1, 'mlflow-artifacts:/4/models/${model}/artifacts');
CREATE TABLE logged_model_params (model_id TEXT, experiment_id INTEGER, param_key TEXT, param_value TEXT);
CREATE TABLE logged_model_tags (model_id TEXT, experiment_id INTEGER, tag_key TEXT, tag_value TEXT);
INSERT INTO logged_model_tags VALUES ('${model}', 4, 'a', 'b');
CREATE TABLE registered_models (name TEXT, description TEXT, workspace TEXT);
INSERT INTO registered_models VALUES ('o''neil', NULL, 'default'), ('o''neil', 'another', 'team');
CREATE TABLE registered_model_tags (name TEXT, key TEXT, value TEXT, workspace TEXT);
INSERT INTO registered_model_tags VALUES ('o''neil', 'k', 'v', 'default'), ('o''neil', 'k', 'other', 'team');
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER, workspace TEXT);
INSERT INTO registered_model_aliases VALUES ('o''neil', 'champion', 2, 'default');
CREATE TABLE model_versions (name TEXT, version INTEGER, source TEXT, run_id TEXT, description TEXT, current_stage TEXT, workspace TEXT);
INSERT INTO model_versions VALUES ('o''neil', 1, 's', NULL, NULL, 'Deleted_Internal', 'default'), ('o''neil', 2, 'models:/${model}', '${run}', 'd', 'None', 'default');
CREATE TABLE model_version_tags (name TEXT, version INTEGER, key TEXT, value TEXT, workspace TEXT);
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-database-source-'))
  await mkdir(join(folder, '4', run, 'artifacts'), { recursive: true })
  await writeFile(join(folder, '4', run, 'artifacts', 'a.txt'), 'a')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Everything that a copy asks. */
async function answers(source: DatabaseSource): Promise<readonly Message[]> {
  const versions = { filter: "name = 'o''neil'" }
  return [
    await source.send('experiments/search', {}),
    await source.send('logged-models/search', { experiment_ids: ['4'] }),
    await source.send('runs/search', { experiment_ids: ['4'] }),
    await source.get('runs/get', { run_id: run }),
    await source.get('metrics/get-history', { run_id: run, metric_key: 'loss' }),
    await source.get('metrics/get-history', {
      run_id: run,
      metric_key: 'loss',
      page_token: '[1795828111227,1,0,0]',
    }),
    await source.get('artifacts/list', { run_id: run, path: '' }),
    await source.get(`logged-models/${model}/artifacts/directories`, {}),
    await source.get('registered-models/search', {}),
    await source.get('model-versions/search', versions),
    { workspaces: await source.otherWorkspaces() },
  ]
}

describe('a store in a database', () => {
  it.runIf(postgresAvailable())('answers the same from SQLite and from PostgreSQL', async () => {
    const path = join(folder, 'store.db')
    const database = new DatabaseSync(path)
    database.exec(store)
    database.close()
    await using sqlite = await DatabaseSource.open(`sqlite:///${path}`, folder)
    const found = await answers(sqlite)
    expect(found[3]).toMatchObject({
      run: {
        info: { run_id: run, run_name: 'r', user_id: '', start_time: 1795828111226 },
        inputs: { dataset_inputs: [{ dataset: { name: 'orders' } }] },
        outputs: { model_outputs: [{ model_id: model, step: 3 }] },
      },
    })
    const points = (page: Message | undefined) =>
      listOf(page?.['metrics']).map(({ value }) => value)
    expect(points(found[4])).toEqual([0.5, 0, 'NaN', Number.MAX_VALUE])
    expect(points(found[5])).toEqual(['NaN', Number.MAX_VALUE])
    expect(found[6]).toEqual({ files: [{ path: 'a.txt', is_dir: false, file_size: 1 }] })
    expect(found[9]).toMatchObject({ model_versions: [{ version: '2', run_id: run }] })
    expect(found[10]).toEqual({ workspaces: ['team'] })

    await using server = await startPostgres()
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(store)
    await client.end()
    const address = server.url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:')
    await using postgres = await DatabaseSource.open(address, folder)
    expect(await answers(postgres)).toEqual(found)
  })

  it('says so when the database cannot be reached, without its password', async () => {
    const refused = DatabaseSource.open(
      'postgresql://ann:secret-word@127.0.0.1:9/mlflow',
      undefined,
    )
    const failure = await refused.catch((error: unknown) => error as Error)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
    expect(String(failure)).not.toContain('secret-word')
  })
})
