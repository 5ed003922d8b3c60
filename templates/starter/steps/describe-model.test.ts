import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summaryOf } from './describe-model.ts'

test('a summary names every metric and every feature', () => {
  const summary = summaryOf({ mae: 3.45678, rmse: 4.5 }, [
    { feature: 'distance_km', importance: 0.75 },
    { feature: 'rain', importance: 0.25 },
  ])
  assert.match(summary, /\| mae \| 3\.457 \|/)
  assert.match(summary, /\| rmse \| 4\.5 \|/)
  assert.match(summary, /\| distance_km \| 75\.0 % \|/)
  assert.match(summary, /\| rain \| 25\.0 % \|/)
})
