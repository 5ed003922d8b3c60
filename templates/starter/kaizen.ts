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
  sliding,
  train,
  trainingWindow,
  window,
  worsens,
} from '@kaizen/sdk'
import { describeModel } from './steps/describe-model.ts'

/** Where predictions are asked for; ground truth is the minutes that a delivery really took. */
const deliveryTime = endpoint('delivery-time', {
  description: 'Minutes from order to door.',
  target: 'minutes',
})

/** Rows that break an expectation are kept apart and never trained on. */
const deliveries = dataset('deliveries', {
  description: 'Deliveries of a made-up shop, one a line.',
  source: csv('data/deliveries.csv'),
  eventTime: 'ordered_at',
  expect: { distance_km: between(0, 50), minutes: between(1, 240) },
  collect: deliveryTime,
})

/** A graph of steps; each runs in a process of its own and is cached by what it reads. */
const fit = pipeline('fit-delivery-time', { params: trainingWindow }, (p) => {
  const rows = window(deliveries, { version: p.datasetVersion, from: p.trainFrom, to: p.trainTo })
  const { model, metrics, featureImportance } = train.gradientBoosting({
    data: rows,
    target: 'minutes',
    features: ['distance_km', 'items', 'rain', 'vehicle', 'weekday', 'hour'],
    iterations: 80,
  })
  const { summary } = describeModel({ metrics, featureImportance })
  return { model, metrics, summary }
})

/** What is watched, window by window, and when to speak up. */
const watch = monitor('delivery-watch', {
  endpoint: deliveryTime,
  window: '1d',
  performance: { metrics: ['mae', 'rmse'], window: '7d' },
  alerts: [alert('error-rises', { metric: 'performance:mae', aboveReference: 1.25 })],
})

/** When to train again, on what, and how a candidate earns the traffic. */
const renew = policy('delivery-loop', {
  monitor: watch,
  pipeline: fit,
  dataset: deliveries,
  triggers: [worsens('mae', 1.25), olderThan('30d')],
  cooldown: '7d',
  training: sliding('60d', { holdout: '7d' }),
  gate: beatsChampion('mae'),
  rollout: [canary(0.2, '1h')],
})

export default project({
  name: 'my-project',
  description: 'How long a delivery takes, kept right by retraining.',
  policies: [renew],
})
