import type { Random } from '../random.ts'
import { got, post, type Step, sent, v3 } from '../step.ts'
import { filterOf, type Grammar, ofNumbers, ofTexts, ordersOf, quoted } from './filters.ts'
import { withSpoilt } from './spoil.ts'

const grammar: Grammar = {
  keys: [
    { name: 'name', operators: ofTexts, values: quoted(['questions 1', 'QUESTIONS%', '%2']) },
    { name: 'tags.team', operators: ofTexts, values: quoted(['red', 'b%']) },
    { name: 'created_time', operators: ofNumbers, values: ['0', '4102444800000'] },
    { name: 'last_update_time', operators: ofNumbers, values: ['0'] },
  ],
  orders: ['name', 'created_time', 'last_update_time'],
  unknown: ['nothing', 'digest', 'tags'],
}

/** Evaluation data sets, scorers, prompts and webhooks. */
export function evaluationSteps(random: Random, count: number): readonly Step[] {
  return [
    post('experiments/create', { name: 'evaluated' }, { bind: { evaluated: 'experiment_id' } }),
    ...datasetsToFind(random),
    ...withSpoilt(random, 0.3, [
      ...datasetSteps(random),
      ...scorerSteps(random),
      ...promptSteps(random),
      ...webhookSteps(random),
    ]),
    ...Array.from({ length: count }, () => search(random)),
    sent('DELETE', `${v3}/datasets/<set1>`, {}),
    got(`${v3}/datasets/<set1>`),
    sent('DELETE', `${v3}/datasets/<set1>`, {}),
  ]
}

const datasetsToFind = (random: Random): readonly Step[] => [
  ...[1, 2].map((n) =>
    post(
      `${v3}/datasets/create`,
      {
        name: `questions ${n}`,
        experiment_ids: ['<evaluated>'],
        tags: JSON.stringify({ team: random.of(['red', 'blue']), 'mlflow.user': 'ann' }),
      },
      { bind: { [`set${n}`]: 'dataset.dataset_id' } },
    ),
  ),
]

function datasetSteps(random: Random): readonly Step[] {
  const at = `${v3}/datasets/<set1>`
  const records = (...inputs: readonly string[]) =>
    JSON.stringify(
      inputs.map((q) => ({
        inputs: { q },
        expectations: { a: random.of(['x', 1, null]) },
        tags: { n: '1' },
      })),
    )
  return [
    post(`${v3}/datasets/create`, {
      name: 'badly tagged',
      tags: 'no json',
    }),
    got(at),
    got(`${v3}/datasets/d-none`),
    post(`${at}/records`, { records: records('1', '2', '3') }),
    post(`${at}/records`, { records: records('1', '4') }),
    post(`${at}/records`, {
      records: random.of(['no json', '[]', '[7]', '[{"inputs":7}]']),
    }),
    got(`${at}/records`),
    got(`${at}/records`, { max_results: 2 }, { bind: { recordPage: 'next_page_token' } }),
    got(`${at}/records`, { max_results: 2, page_token: '<recordPage>' }),
    sent('PATCH', `${at}/tags`, { tags: JSON.stringify({ more: 'v' }) }),
    sent('DELETE', `${at}/tags/more`, {}),
    sent('DELETE', `${at}/tags/more`, {}),
    got(`${at}/experiment-ids`),
    post(`${at}/add-experiments`, { experiment_ids: ['0'] }),
    got(`${at}/experiment-ids`, {}, { unordered: ['experiment_ids'] }),
    post(`${at}/remove-experiments`, { experiment_ids: ['0'] }),
    post(`${at}/add-experiments`, { experiment_ids: ['99999'] }),
    sent('DELETE', `${at}/records`, { dataset_record_ids: ['dr-none'] }),
    got(at),
  ]
}

function scorerSteps(random: Random): readonly Step[] {
  const scorer = { experiment_id: '<evaluated>', name: 'polite' }
  const serialized_scorer = JSON.stringify({
    name: 'polite',
    builtin_scorer_class: 'Guidelines',
    builtin_scorer_pydantic_data: { name: 'polite' },
  })
  return [
    post(`${v3}/scorers/register`, { ...scorer, serialized_scorer }),
    post(`${v3}/scorers/register`, { ...scorer, serialized_scorer }),
    post(`${v3}/scorers/register`, {
      ...scorer,
      name: random.of(['', ' ', 'a/b']),
      serialized_scorer,
    }),
    post(`${v3}/scorers/register`, { ...scorer, experiment_id: '99999', serialized_scorer }),
    got(`${v3}/scorers/list`, { experiment_id: '<evaluated>' }),
    got(`${v3}/scorers/versions`, scorer),
    got(`${v3}/scorers/versions`, { ...scorer, name: 'none' }),
    got(`${v3}/scorers/get`, scorer),
    got(`${v3}/scorers/get`, { ...scorer, version: 1 }),
    got(`${v3}/scorers/get`, { ...scorer, version: random.of([9, 0, -1]) }),
    sent('DELETE', `${v3}/scorers/delete`, { ...scorer, version: 1 }),
    sent('DELETE', `${v3}/scorers/delete`, scorer),
    sent('DELETE', `${v3}/scorers/delete`, scorer),
    got(`${v3}/scorers/online-configs`, { scorer_ids: ['none'] }),
  ]
}

function promptSteps(random: Random): readonly Step[] {
  const name = 'greet'
  const mark = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  return [
    post('registered-models/create', { name, tags: [mark] }),
    post('model-versions/create', {
      name,
      source: 'prompt-template',
      tags: [
        mark,
        { key: 'mlflow.prompt.text', value: random.of(['Hello {{name}}', 'x'.repeat(6000)]) },
      ],
    }),
    got('registered-models/get', { name }),
    got('model-versions/get', { name, version: '1' }),
    post('registered-models/create', { name }),
    post('registered-models/alias', { name, alias: 'prod', version: '1' }),
    got('registered-models/alias', { name, alias: 'prod' }),
    got('registered-models/alias', { name, alias: 'latest' }),
    ...[
      "tags.`mlflow.prompt.is_prompt` = 'true'",
      "tags.`mlflow.prompt.is_prompt` != 'true'",
      "name = 'greet'",
      "name LIKE 'gr%' AND tags.`mlflow.prompt.is_prompt` = 'true'",
    ].flatMap((filter) => [
      got('registered-models/search', { filter, order_by: ['name'] }),
      got('model-versions/search', { filter, order_by: ['name', 'version_number'] }),
    ]),
    post('registered-models/create', { name: 'no prompt' }),
    post('model-versions/create', { name: 'no prompt', source: 'prompt-template', tags: [mark] }),
    post('model-versions/create', { name, source: 's3://b/model' }),
  ]
}

function webhookSteps(random: Random): readonly Step[] {
  const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }]
  const at = 'webhooks/<hook>'
  return [
    post(
      'webhooks',
      {
        name: 'hook',
        url: 'https://93.184.215.14/hook',
        events,
        description: 'd',
        status: 'DISABLED',
      },
      { bind: { hook: 'webhook.webhook_id' } },
    ),
    post('webhooks', {
      name: random.of(['', ' ', '-a']),
      url: 'https://93.184.215.14',
      events,
    }),
    post('webhooks', {
      name: 'bad',
      url: random.of(['http://example.com', 'ftp://x', 'nothing', 'https://']),
      events,
    }),
    post('webhooks', {
      name: 'bad',
      url: 'https://93.184.215.14',
      events: random.of([
        [],
        [{ entity: 'REGISTERED_MODEL', action: 'DELETED' }],
        [{ entity: 'NONE', action: 'CREATED' }],
      ]),
    }),
    got(at),
    got('webhooks/none'),
    got('webhooks', { max_results: 1 }),
    got('webhooks', { max_results: random.of([0, -1, 1000, 1001]) }),
    sent('PATCH', at, {
      description: 'other',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    }),
    sent('PATCH', at, { status: random.of(['DISABLED', 'NONE']) }),
    sent('DELETE', at, {}),
    sent('DELETE', at, {}),
  ]
}

function search(random: Random): Step {
  const fields = {
    experiment_ids: random.of([['<evaluated>'], [], ['99999']]),
    ...(random.chance(0.85) ? { filter_string: filterOf(random, grammar) } : {}),
    order_by: ordersOf(random, grammar),
    ...(random.chance(0.2) ? { max_results: random.of([1, 2, 1000]) } : {}),
  }
  return random.chance(0.7)
    ? post(`${v3}/datasets/search`, fields, { unordered: ['experiment_ids'] })
    : got(`${v3}/datasets/search`, fields, { unordered: ['experiment_ids'] })
}
