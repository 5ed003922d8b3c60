import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  errorCatalogue,
  errorKinds,
  exitCodeOfKind,
  grpcStatusOfKind,
  httpStatusOfKind,
} from './errors.ts'

const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

describe('error catalogue', () => {
  it.each(Object.entries(errorCatalogue))('documents %s as it is', (code, { kind, when }) => {
    expect(page).toContain(row([`\`${code}\``, kind, when]))
  })

  it.each(errorKinds)(
    'gives the kind %s its statuses and an exit code of its own, as documented',
    (kind) => {
      expect(page).toContain(
        row([kind, httpStatusOfKind[kind], grpcStatusOfKind[kind], exitCodeOfKind[kind]]),
      )
      expect(errorKinds.filter((other) => exitCodeOfKind[other] === exitCodeOfKind[kind])).toEqual([
        kind,
      ])
    },
  )

  it('documents nothing that does not exist', () => {
    const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1])
    expect(documented.sort()).toEqual(Object.keys(errorCatalogue).sort())
  })
})
