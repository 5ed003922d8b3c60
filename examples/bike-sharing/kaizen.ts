import {
  alert,
  beatsChampion,
  between,
  canary,
  csv,
  dataset,
  endpoint,
  monitor,
  olderThan,
  pipeline,
  policy,
  project,
  shadow,
  sliding,
  train,
  trainingWindow,
  window,
  worsens,
} from '@kaizen/sdk'

const calendar = ['season', 'yr', 'mnth', 'hr', 'holiday', 'weekday', 'workingday']
const weather = ['weathersit', 'temp', 'atemp', 'hum', 'windspeed']

const demand = endpoint('bike-demand', {
  description: 'Hires in the coming hour, from calendar and weather.',
  target: 'cnt',
})

/** The first model, kept as it is: what the loop is measured against. */
const frozen = endpoint('bike-demand-frozen', {
  description: 'The first model, never retrained.',
  model: 'bike-demand',
  target: 'cnt',
})

const rides = dataset('rides', {
  description: 'Hourly bike hires in Washington D.C. with calendar and weather.',
  source: csv('data/bike-sharing-hourly.csv', { to: '2011-04-01' }),
  eventTime: { column: 'dteday', hourColumn: 'hr' },
  expect: { temp: between(0, 1), atemp: between(0, 1), hum: between(0, 1), cnt: between(0, 5000) },
  collect: demand,
})

const fit = pipeline('fit-demand', { params: trainingWindow }, (p) => {
  const rows = window(rides, { version: p.datasetVersion, from: p.trainFrom, to: p.trainTo })
  const { model } = train.gradientBoosting({
    data: rows,
    target: 'cnt',
    features: [...calendar, ...weather],
    iterations: 150,
    learningRate: 0.08,
    validation: 0,
  })
  return { model }
})

const watch = monitor('bike-watch', {
  endpoint: demand,
  window: '1d',
  performance: { metrics: ['mae', 'rmse'], window: '7d' },
  naive: { lag: '7d' },
  alerts: [
    alert('inputs-out-of-range', { metric: 'range:any', above: 0, severity: 'critical' }),
    alert('error-rises', { metric: 'performance:mae', aboveReference: 1.25 }),
  ],
})

const watchFrozen = monitor('bike-watch-frozen', {
  endpoint: frozen,
  window: '7d',
  performance: { metrics: ['mae', 'rmse'], window: '7d' },
})

const renew = policy('bike-loop', {
  monitor: watch,
  pipeline: fit,
  dataset: rides,
  triggers: [worsens('mae', 1.25), olderThan('30d')],
  cooldown: '7d',
  training: sliding('90d', { holdout: '7d' }),
  gate: beatsChampion('mae'),
  rollout: [shadow('6h'), canary(0.25, '6h')],
  guardrails: { maxP99Ms: 1000 },
})

export default project({
  name: 'bike-sharing',
  description: 'Demand for hired bikes, kept right by retraining.',
  endpoints: [frozen],
  monitors: [watchFrozen],
  policies: [renew],
})
