/** Asks the model of this bundle for the golden set, as a client would, and compares its answers. */
import { readFileSync } from 'node:fs'
import { infer } from './protocol.js'

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'))
const { absolute, relative } = golden.tolerance
const isClose = (found, wanted) =>
  found === wanted ||
  (typeof wanted === 'number' && Math.abs(found - wanted) <= absolute + relative * Math.abs(wanted))

const { outputs } = await infer({ inputs: golden.inputs })
let different = 0
for (const [i, wanted] of golden.outputs.entries()) {
  const found = outputs[i]
  const same =
    String(found.shape) === String(wanted.shape) &&
    wanted.data.every((value, at) => isClose(found.data[at], value))
  if (same) continue
  different++
  console.error(`${wanted.name} differs`)
}
console.log(`${golden.rows} golden rows, ${different} outputs differ`)
process.exitCode = different === 0 ? 0 : 1
