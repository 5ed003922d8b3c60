/** Trains without end on one thread, as a retraining step does while an endpoint serves: at the priority of steps. */
import { constants, setPriority } from 'node:os'
import { trainers } from '@kaizen/ml'
import { synthetic } from '../training/synthetic.ts'

setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
const table = synthetic(200_000, 20, 'regression')
console.log('ready')
for (;;) trainers['gradient-boosting'].fit(table, 'y', { iterations: 100 })
