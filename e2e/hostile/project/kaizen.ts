import {
  beatsChampion,
  commandStep,
  csv,
  dataset,
  endpoint,
  labelled,
  metric,
  monitor,
  pipeline,
  policy,
  project,
  sliding,
  train,
  trainingWindow,
  window,
} from '@kaizen/sdk'

/** A project of which every part exists and most pipelines fail, each in a way of its own. */
const sales = dataset('sales', { source: csv('data/sales.csv'), eventTime: { column: 'day' } })
const unlabelled = dataset('unlabelled', {
  source: csv('data/unlabelled.csv'),
  eventTime: { column: 'day' },
})
const demand = endpoint('demand', { target: 'sold' })
const watch = monitor('watch', { endpoint: demand, window: '1d' })

const fit = pipeline('fit', { params: trainingWindow }, (p) => {
  const data = window(sales, { version: p.datasetVersion, from: p.trainFrom, to: p.trainTo })
  return { model: train.linear({ data, target: 'sold', features: ['price'] }).model }
})
const renew = policy('renew', {
  monitor: watch,
  pipeline: fit,
  dataset: sales,
  triggers: [labelled(1_000_000)],
  training: sliding('30d', { holdout: '7d' }),
  gate: beatsChampion('mae'),
})

const unknownColumn = pipeline('unknown-column', {}, () => ({
  model: train.linear({ data: window(sales), target: 'sold', features: ['colour'] }).model,
}))
const noTarget = pipeline('no-target', {}, () => ({
  model: train.linear({ data: window(unlabelled), target: 'sold', features: ['price'] }).model,
}))

/** A step that runs a line of shell and owes a number. */
const shell = (name: string, line: string, timeout = '1m') =>
  pipeline(name, {}, () => {
    const run = commandStep(name, {
      in: {},
      out: { result: metric() },
      argv: ['sh', '-c', line],
      timeout,
    })
    return { result: run({}).result }
  })

export default project({
  name: 'hostile',
  datasets: [sales, unlabelled],
  pipelines: [
    unknownColumn,
    noTarget,
    shell('dies', 'echo out of luck >&2; exit 3'),
    shell('chatters', 'yes "all work and no play" | head -c 60000000; exit 4'),
    shell('hangs', 'sleep 1000', '1s'),
  ],
  policies: [renew],
})
