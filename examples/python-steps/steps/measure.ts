import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { file, step, value } from '@kaizen/sdk'
import { gaussian } from './gaussian.ts'

const count = 200

/** Measures a spring: force and length of two hundred pulls, some of them misread. */
export const measure = step('measure', {
  in: { stiffness: value<number>(), noise: value<number>() },
  out: { points: file(), count: value<number>() },
  run: async ({ stiffness, noise }, { paths, seed }) => {
    const random = gaussian(seed + 1)
    const csv = createWriteStream(paths.points)
    csv.write('force,length\n')
    for (let pull = 0; pull < count; pull++) {
      const force = pull / 10
      const misread = pull % 50 === 49 ? 30 : 0
      csv.write(`${force},${stiffness * force + 1 + noise * random() + misread}\n`)
    }
    csv.end()
    await finished(csv)
    console.log(`measured ${count} pulls`)
    return { count }
  },
})
