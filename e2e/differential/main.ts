import { parseArgs } from 'node:util'
import { type Part, partNames, partsWithoutUsers, partsWithUsers } from './corpus/parts.ts'
import { comparePair, compareWithUsers } from './pair.ts'
import type { Outcome } from './run.ts'

const usage = `Compares Kaizen's answers with those of a real MLflow server, which KAIZEN_PYTHON must be able to run.

  scripts/run node e2e/differential/main.ts [--from SEED] [--count SEEDS] [--searches N] [--part NAME]...

Parts: ${partNames.join(', ')}. Ends with code 1 when an answer differs in what is not on the list of allowed differences.`

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    searches: { type: 'string', default: '200' },
    part: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else {
  const first = Number(values.from)
  const chosen = (values.part ?? partNames) as readonly Part[]
  const parts = chosen.filter((part) => partsWithoutUsers.includes(part))
  const withUsers = chosen.some((part) => partsWithUsers.includes(part))
  for (let seed = first; seed < first + Number(values.count); seed++) {
    const plan = { seed, searches: Number(values.searches) }
    if (parts.length > 0) tell(seed, await comparePair({ ...plan, parts }))
    if (withUsers) tell(seed, await compareWithUsers(plan))
  }
}

function tell(seed: number, { requests, unexplained, parted }: Outcome): void {
  console.log(`seed ${seed}: ${requests} requests, ${unexplained.length} unexplained differences`)
  for (const request of parted) console.log(`  only one of them took ${request}`)
  for (const difference of unexplained) console.log(difference)
  if (unexplained.length > 0) process.exitCode = 1
}
