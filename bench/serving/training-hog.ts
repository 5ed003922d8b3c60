/** Trains without end on one thread, as a retraining step does while an endpoint serves. */
import { trainers } from '@kaizen/ml'
import { synthetic } from '../training/synthetic.ts'

const table = synthetic(200_000, 20, 'regression')
console.log('ready')
for (;;) trainers['gradient-boosting'].fit(table, 'y', { iterations: 100 })
