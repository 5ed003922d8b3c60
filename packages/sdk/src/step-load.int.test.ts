import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** Prints the address of each module that the SDK loads. */
const listing = `
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    console.log(url)
    return next(url, context)
  },
})
await import(process.argv[1])
`

it('loads no schemas: each process of a step would wait for them', () => {
  const index = new URL('./index.ts', import.meta.url).href
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    listing,
    index,
  ]
  const loaded = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n')
  expect(loaded).toContain(index)
  expect(loaded.filter((url) => url.includes('node_modules'))).toEqual([])
  expect(loaded.length).toBeLessThan(60)
})
