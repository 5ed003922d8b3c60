import { expect, it } from 'vitest'
import { openFernet } from './fernet.ts'

/** Made by `cryptography.fernet` of Python. */
const key = '2ett1p0Aj3scsCsQVtepqjINu13wd8uSUEzRw7_jPh0='
const token =
  'gAAAAABrCub_SO9EuF-8K0h4x3UUDD3t32MZTBxyZAKBJ6hhFlBQN2jbd877LAqg4UzNibbSfONf_ieTZclymWyM_GbUUsmhOQ=='

it('opens what Fernet sealed, with its own key alone and only unchanged', () => {
  expect(openFernet(key, token)).toBe('geheim ä')
  expect(openFernet(key.replace('2ett', '3ett'), token)).toBeUndefined()
  expect(openFernet('too short', token)).toBeUndefined()
  expect(openFernet(key, token.replace('SO9E', 'SO9F'))).toBeUndefined()
  expect(openFernet(key, 'gAAA')).toBeUndefined()
  expect(openFernet(key, '')).toBeUndefined()
})
