import type { Random } from '../random.ts'
import { got, post, type Step, sent } from '../step.ts'
import { filterOf, type Grammar, ofNumbers, ofTexts, ordersOf, quoted } from './filters.ts'
import { withSpoilt } from './spoil.ts'

const stages = ['None', 'Staging', 'Production', 'Archived', 'staging', 'PRODUCTION', 'Gone']
const aliases = ['champion', 'a-b_c', 'latest', 'v1', 'v1a', 'x y', 'Latest', 'a'.repeat(256)]
const tagKeys = ['team', 'a b', 'x/y', 'k'.repeat(251)]

/** Where no version may come from, in many spellings, and some places that are sound. */
const hostileSources = [
  ...['../up', '/etc/passwd', 'file:///etc', 'file://host/etc', 'FILE:///etc', ''],
  ...['http://h/m', 'https://h/m', 'HTTPS://h/m', 'ftp://h/m', 'ftp:///m', 'sftp://h/m'],
  ...['hdfs://h/m', 'viewfs://h/m', 'abfss://f@h/m', 'r2://b@h/m', 'b2://b@h/m'],
  ...['mlflow-artifacts://h/0/m', 'mlflow-artifacts:/0/none/artifacts', 'mlflow-artifacts:/'],
  ...['mlflow-artifacts:/0/<registryRun>/artifacts/../../m', 'https://h/p?a=..'],
  ...['mlflow-artifacts:/0/<registryRun>/artifacts/%2e%2e/%2e%2e/m'],
  ...['mlflow-artifacts:/0/<registryRun>/artifacts/%252e%252e/m'],
  ...['s3://b/../../x', 's3://b/%2e%2e/x', 's3://b/%252e%252e/x', 's3://b/./x', 's3://b', 's3:x'],
  ...['s3://b/x%00', 's3://b/x/', 's3://b//x', 'dbfs:/x', 'gs://b/x', 'unheard-of://b/x'],
  ...['runs:/none/m', 'runs://none/m', 'models:/nobody/1', 'models://model 1/1', 'models:/m-none'],
  ...[
    'models:/model 1/1',
    'models:/model 1/99',
    'models:/model 1@none',
    'models:/model 1',
    'runs:/',
  ],
]

const hostileRoots = [
  ...['http://h/a', 'https://h/a', 'ftp://h/a', 'sftp://h/a', 'hdfs://h/a', 'abfss://f@h/a'],
  ...['mlflow-artifacts://h/a', 'mlflow-artifacts:/a', 'runs:/a', 's3://b/a', 's3://b/a#f'],
  ...['s3://b/a;p', 's3://b/a?b=..', 's3://b/a?b=%2e%2e', '/somewhere', 'file:///somewhere'],
]

const models: Grammar = {
  keys: [
    { name: 'name', operators: ofTexts, values: quoted(['model 1', 'MODEL%', '%2', 'nobody']) },
    { name: 'tags.team', operators: ofTexts, values: quoted(['red', 'RED', 'b%']) },
    { name: 'tags.`a b`', operators: ofTexts, values: quoted(['red', 'blue']) },
  ],
  orders: ['name', 'timestamp', 'last_updated_timestamp'],
  unknown: ['nothing', 'creation_timestamp', 'tags', 'attributes.name', 'version_number'],
}

const versions: Grammar = {
  keys: [
    { name: 'name', operators: ofTexts, values: quoted(['model 1', 'model%', 'MODEL 2']) },
    { name: 'run_id', operators: ['=', 'IN', '!='], values: ["'<registryRun>'", "'none'"] },
    { name: 'source_path', operators: ofTexts, values: quoted(['s3://b/1', 's3%']) },
    { name: 'version_number', operators: ofNumbers, values: ['1', '2', "'1'"] },
    { name: 'tags.team', operators: ofTexts, values: quoted(['red', 'R%']) },
  ],
  orders: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'],
  unknown: ['nothing', 'version', 'current_stage', 'tag'],
}

/** Registered models, their versions, stages, aliases and tags, and searches over them. */
export function registrySteps(random: Random, count: number): readonly Step[] {
  return [
    ...withSpoilt(random, 0.3, [...modelSteps(random), ...versionSteps(random)]),
    ...Array.from({ length: count }, () => modelSearch(random)),
    ...Array.from({ length: count }, () => versionSearch(random)),
    got(
      'registered-models/search',
      { max_results: 1 },
      { bind: { modelsPage: 'next_page_token' } },
    ),
    got('registered-models/search', { max_results: 1, page_token: '<modelsPage>' }),
    got('model-versions/search', { max_results: 1 }, { bind: { versionsPage: 'next_page_token' } }),
    got('model-versions/search', { max_results: 1, page_token: '<versionsPage>' }),
    ...withSpoilt(random, 0.3, endSteps()),
  ]
}

function modelSteps(random: Random): readonly Step[] {
  const name = 'model 1'
  return [
    ...[1, 2, 3].map((n) =>
      post('registered-models/create', {
        name: `model ${n}`,
        description: random.of(['', 'said']),
        tags: random
          .some(['team', 'a b'], 1)
          .map((key) => ({ key, value: random.of(['red', 'blue']) })),
      }),
    ),
    post('registered-models/create', { name }),
    post('registered-models/create', {
      name: random.of(['a/b', 'a:b', '', ' ', '..']),
    }),
    got('registered-models/get', { name }),
    got('registered-models/get', { name: 'nobody' }),
    sent('PATCH', 'registered-models/update', { name, description: 'new words' }),
    sent('PATCH', 'registered-models/update', { name: 'nobody', description: 'new words' }),
    post('registered-models/rename', { name: 'model 3', new_name: 'model three' }),
    post('registered-models/rename', { name: 'model 2', new_name: name }),
    post('registered-models/set-tag', {
      name,
      key: random.of(tagKeys),
      value: random.of(['red', 'x'.repeat(5001), '']),
    }),
    post('registered-models/set-tag', { name, key: 'gone', value: 'v' }),
    sent('DELETE', 'registered-models/delete-tag', { name, key: 'gone' }),
    sent('DELETE', 'registered-models/delete-tag', { name, key: 'gone' }),
    post('registered-models/set-tag', { name: 'nobody', key: 'k', value: 'v' }),
  ]
}

function versionSteps(random: Random): readonly Step[] {
  const name = 'model 1'
  const create = (body: object) => post('model-versions/create', { name, ...body })
  const at = (version: string) => ({ name, version })
  return [
    post(
      'runs/create',
      { experiment_id: '0', start_time: 1 },
      { bind: { registryRun: 'run.info.run_id' } },
    ),
    create({ source: 's3://b/1', description: 'first', tags: [{ key: 'team', value: 'red' }] }),
    create({ source: 's3://b/2', run_id: '<registryRun>', run_link: 'http://link' }),
    create({
      source: 'mlflow-artifacts:/0/<registryRun>/artifacts/model',
      run_id: '<registryRun>',
    }),
    ...hostileSources.map((source) => create({ source })),
    ...hostileSources
      .slice(random.below(8))
      .map((source) => create({ source, run_id: '<registryRun>' })),
    ...hostileRoots.map((artifact_location, n) =>
      post('experiments/create', { name: `root ${n}`, artifact_location }),
    ),
    post('model-versions/create', { name: 'model 2', source: 's3://b/1' }),
    post('model-versions/create', { name: 'nobody', source: 's3://b/1' }),
    ...['1', '2', '99', 'x', '0'].map((version) => got('model-versions/get', at(version))),
    sent('PATCH', 'model-versions/update', { ...at('1'), description: 'again' }),
    ...random.some(stages, 5).map((stage) =>
      post('model-versions/transition-stage', {
        ...at(random.of(['1', '2', '3'])),
        stage,
        archive_existing_versions: random.chance(0.5),
      }),
    ),
    ...aliases.map((alias) =>
      post('registered-models/alias', { ...at(random.of(['1', '2', '99', 'x'])), alias }),
    ),
    post('registered-models/alias', { ...at('2'), alias: 'champion' }),
    ...['champion', 'never', 'latest', 'v1'].map((alias) =>
      got('registered-models/alias', { name, alias }),
    ),
    sent('DELETE', 'registered-models/alias', { name, alias: 'champion' }),
    sent('DELETE', 'registered-models/alias', { name, alias: 'champion' }),
    post('registered-models/alias', { ...at('1'), alias: 'kept' }),
    post(
      'registered-models/get-latest-versions',
      { name, stages: random.some(stages, 2) },
      { unordered: ['model_versions'] },
    ),
    got('registered-models/get-latest-versions', { name }, { unordered: ['model_versions'] }),
    got('model-versions/get-download-uri', at('1')),
    got('model-versions/get-download-uri', at('99')),
    post('model-versions/set-tag', { ...at('1'), key: random.of(tagKeys), value: 'v' }),
    post('model-versions/set-tag', { ...at('1'), key: 'gone', value: 'v' }),
    sent('DELETE', 'model-versions/delete-tag', { ...at('1'), key: 'gone' }),
    sent('DELETE', 'model-versions/delete-tag', { ...at('1'), key: 'gone' }),
    got('registered-models/get', { name }),
    got('model-versions/get', at('1')),
  ]
}

const modelSearch = (random: Random): Step =>
  got('registered-models/search', {
    ...(random.chance(0.85) ? { filter: filterOf(random, models) } : {}),
    order_by: ordersOf(random, models),
    ...(random.chance(0.2) ? { max_results: random.of([1, 2, 1000, 1001]) } : {}),
  })

const versionSearch = (random: Random): Step =>
  got('model-versions/search', {
    ...(random.chance(0.85) ? { filter: filterOf(random, versions) } : {}),
    order_by: ordersOf(random, versions),
    ...(random.chance(0.2) ? { max_results: random.of([1, 2, 200_000, 200_001]) } : {}),
  })

const endSteps = (): readonly Step[] => [
  sent('DELETE', 'model-versions/delete', { name: 'model 1', version: '1' }),
  sent('DELETE', 'model-versions/delete', { name: 'model 1', version: '1' }),
  got('model-versions/get', { name: 'model 1', version: '1' }),
  got('registered-models/get', { name: 'model 1' }),
  post('model-versions/create', { name: 'model 1', source: 's3://b/9' }),
  sent('DELETE', 'registered-models/delete', { name: 'model 2' }),
  sent('DELETE', 'registered-models/delete', { name: 'model 2' }),
  got('registered-models/get', { name: 'model 2' }),
  post('registered-models/create', { name: 'model 2' }),
  post('model-versions/create', { name: 'model 2', source: 's3://b/1' }),
]
