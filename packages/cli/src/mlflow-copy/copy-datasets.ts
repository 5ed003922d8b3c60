import type { CopyContext } from './context.ts'
import { listOf, type Message, messageOf, textOf } from './endpoint.ts'

const api = '/api/3.0/mlflow/datasets'
const recordsPerCall = 500

/** Copies evaluation data sets by name, with records and the experiments that they belong to. */
export async function copyEvaluationDataset(
  { from, to, report }: CopyContext,
  dataset: Message,
  experiments: ReadonlyMap<string, string>,
): Promise<void> {
  const { endpoint } = to
  const [id, name] = [textOf(dataset['dataset_id']), textOf(dataset['name'])]
  const linked = await from.send(`${api}/${id}/experiment-ids`, undefined, 'GET')
  const here = ((linked['experiment_ids'] ?? []) as readonly string[]).flatMap(
    (source) => experiments.get(source) ?? [],
  )
  const filter_string = `name = '${name.replaceAll("'", "''")}'`
  const found = await endpoint.send(`${api}/search`, { filter_string, max_results: 1 })
  const [known] = listOf(found['datasets'])
  const made =
    known ??
    messageOf(
      (
        await endpoint.send(`${api}/create`, {
          name,
          experiment_ids: here,
          ...(dataset['tags'] ? { tags: dataset['tags'] } : {}),
        })
      )['dataset'],
    )
  report.count(known ? 'evaluation data sets already there' : 'evaluation data sets')
  const target = `${api}/${textOf(made['dataset_id'])}`
  for (let token: string | undefined; ; ) {
    const query = new URLSearchParams({
      max_results: String(recordsPerCall),
      ...(token ? { page_token: token } : {}),
    })
    const page = await from.send(`${api}/${id}/records?${query}`, undefined, 'GET')
    const records = (JSON.parse(textOf(page['records']) || '[]') as readonly Message[]).map(
      ({ inputs, outputs, expectations, tags, source }) =>
        Object.fromEntries(
          Object.entries({ inputs, outputs, expectations, tags, source }).filter(
            ([, value]) => value !== null && value !== undefined,
          ),
        ),
    )
    if (records.length > 0) {
      // A record is known by its inputs: sending it again doubles nothing.
      const sent = await endpoint.send(`${target}/records`, { records: JSON.stringify(records) })
      report.count('records of evaluation data sets', Number(sent['inserted_count'] ?? 0))
    }
    token = textOf(page['next_page_token']) || undefined
    if (token === undefined) return
  }
}
