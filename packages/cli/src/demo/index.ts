/** The parts of the demo, for tests that disturb it. */
export { type BikeRow, readBikeRows } from './bike-rows.ts'
export { invokeOver } from './invoke.ts'
export { forecasts, readCandidates } from './measure.ts'
export { reliableFetch } from './reliable-fetch.ts'
export { deployFirstModel, replay } from './replay.ts'
export { scenario } from './scenario.ts'
export { ServerProcess } from './server-process.ts'
