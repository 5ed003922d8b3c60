import { commandStep, pipeline, project, step, value } from '@kaizen/sdk'

export const chainLength = 20
export const graphSize = 1000

interface Times {
  readonly begin: number
  readonly end: number
  readonly [name: string]: number
}

/** Does nothing but look at the clock. */
export const look = step('look', {
  in: { after: value<Times | null>() },
  out: { times: value<Times>() },
  run: () => ({ times: { begin: Date.now(), end: Date.now() } }),
})
const nothing = commandStep('nothing', { in: {}, out: {}, argv: ['sh', '-c', 'true'] })
const constant = commandStep('constant', {
  in: { before: value<number>(), i: value<number>() },
  out: { n: value<number>() },
  argv: ['sh', 'one.sh'],
})

const commands = pipeline('commands', {}, () => {
  let before = nothing({})
  for (let n = 1; n < chainLength; n++) before = nothing({}, { after: [before] })
  return {}
})
const modules = pipeline('modules', {}, () => {
  let { times } = look({ after: null })
  for (let n = 1; n < chainLength; n++) times = look({ after: times }).times
  return { times }
})
/** Half a chain, half side by side; every step has another input, so every step has an entry of its own. */
const graph = pipeline('graph', {}, () => {
  let { n } = constant({ before: 0, i: 0 })
  for (let i = 1; i < graphSize / 2; i++) n = constant({ before: n, i }).n
  for (let i = graphSize / 2; i < graphSize; i++) constant({ before: 0, i })
  return { n }
})

export default project({ name: 'overhead', pipelines: [commands, modules, graph] })
