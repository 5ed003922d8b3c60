import { exportTargets } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { exportChoices, signatureWords } from './prepare-exports.ts'

describe('exportChoices', () => {
  it('offers every target, with an address and a command that a shell reads as one name', () => {
    const choices = exportChoices({ name: "ann's model", version: 4, modelDigest: 'a' })
    expect(choices.map(({ target }) => target)).toEqual(exportTargets)
    expect(choices.find(({ target }) => target === 'c')).toMatchObject({
      needs: 'trees and linear models',
      href: "/api/v1/models/ann's%20model/versions/4/export?to=c",
      command: "kaizen export 'models:/ann'\\''s model/4' --to c --out c-bundle",
      check: 'make test',
    })
    expect(choices.find(({ target }) => target === 'edge')?.needs).toBe('a signed version')
    expect(choices.find(({ target }) => target === 'onnx')?.needs).toBe('')
  })

  it('leaves a plain name as it is, and offers nothing without an ONNX file', () => {
    const [first] = exportChoices({ name: 'fraud', version: 1, modelDigest: 'a' })
    expect(first?.command).toBe('kaizen export models:/fraud/1 --to onnx --out onnx-bundle')
    expect(exportChoices({ name: 'fraud', version: 1, modelDigest: null })).toEqual([])
  })
})

describe('signatureWords', () => {
  it.each([
    ['verified', 'ok', 'signed'],
    ['unsigned', 'waiting', 'not signed'],
    ['file-changed', 'failed', 'file changed'],
    ['unknown-key', 'failed', 'unknown key'],
  ] as const)('shows %s', (state, tone, label) => {
    expect(signatureWords(state)).toEqual({ tone, label })
  })
})
