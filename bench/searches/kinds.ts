/** What is asked of `runs/search`, by kind: each filter of its grammar, each order, and mixes of them. */
export const kinds: Readonly<
  Record<string, { readonly filter?: string; readonly order_by?: readonly string[] }>
> = {
  'the newest': {},
  'a metric above a bound': { filter: 'metrics.metric_3 > 0.5' },
  'the greatest of a metric': { order_by: ['metrics.metric_3 DESC'] },
  'the greatest of a metric above a bound of another': {
    filter: 'metrics.metric_4 < 0.3',
    order_by: ['metrics.metric_3 DESC'],
  },
  'a metric that few runs have, with NaN among them, then those without': {
    order_by: ['metrics.metric_rare ASC'],
  },
  'a metric that few runs have, above a bound': { filter: 'metrics.metric_rare >= 0.5' },
  'a parameter': { filter: "params.param_7 = 'value 3'" },
  'a parameter by a pattern': { filter: "params.param_30 LIKE 'value 1%'" },
  'a parameter by a pattern within, whatever its case': {
    filter: "params.param_30 ILIKE '%UE 77%'",
  },
  'a pattern that nothing matches': { filter: "params.param_30 LIKE '%nothing%'" },
  'in the order of a parameter': { order_by: ['params.param_20 ASC'] },
  'in the order of a parameter of few values, then of a metric': {
    order_by: ['params.param_1 DESC', 'metrics.metric_3 ASC'],
  },
  'a tag unlike a text, in the order of another': {
    filter: "tags.tag_1 != 'tag 5'",
    order_by: ['tags.tag_3 DESC'],
  },
  'a name': { filter: "attributes.run_name LIKE 'run-12%'" },
  'a status that few have, by the time of their end': {
    filter: "attributes.status = 'FAILED'",
    order_by: ['attributes.end_time DESC'],
  },
  'a data set': { filter: "dataset.name = 'data 4'" },
  'a data set by a pattern, and the greatest of a metric': {
    filter: "dataset.name LIKE 'data 1%'",
    order_by: ['metrics.metric_3 DESC'],
  },
  'a metric, a parameter, a tag and a data set': {
    filter:
      "metrics.metric_3 > 0.2 AND params.param_5 = 'value 4' AND tags.tag_2 LIKE 'tag 1%' AND dataset.context = 'training'",
    order_by: ['metrics.metric_9 ASC'],
  },
  'two metrics that few runs meet together': {
    filter: 'metrics.metric_3 > 0.97 AND metrics.metric_4 < 0.03',
    order_by: ['attributes.start_time ASC'],
  },
}
