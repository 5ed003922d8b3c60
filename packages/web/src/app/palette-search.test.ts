import { describe, expect, it } from 'vitest'
import { type Entry, search } from './palette-search.ts'

const entry = (label: string, kind: string): Entry => ({
  label,
  kind,
  href: `/${label}`,
  icon: 'data',
})
const entries = [
  entry('Data', 'Page'),
  entry('bike-demand', 'Endpoint'),
  entry('demand-bike', 'Model'),
]

describe('search', () => {
  it('shows everything before anything is typed', () => {
    expect(search(entries, '  ')).toEqual(entries)
  })
  it('puts what starts with the text first and needs every word', () => {
    expect(search(entries, 'demand').map((one) => one.label)).toEqual([
      'demand-bike',
      'bike-demand',
    ])
    expect(search(entries, 'bike model').map((one) => one.label)).toEqual(['demand-bike'])
    expect(search(entries, 'zebra')).toEqual([])
  })
})
