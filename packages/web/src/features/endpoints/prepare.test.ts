import { describe, expect, it } from 'vitest'
import { formFields, inferenceBody, routeChange } from './prepare.ts'

describe('try it', () => {
  const inputs = [
    { name: 'temp', datatype: 'FP64', shape: [-1, 1] },
    { name: 'hr', datatype: 'INT64', shape: [-1, 1] },
    { name: 'station', datatype: 'BYTES', shape: [-1, 1] },
  ]
  it('is filled with what was asked last', () => {
    expect(formFields(inputs, { temp: 0.3, hr: 7 }).map((field) => field.text)).toEqual([
      '0.3',
      '7',
      '',
    ])
  })
  it('makes tensors of what was typed', () => {
    const made = inferenceBody(formFields(inputs, { temp: 0.3, hr: 7, station: 'Shaw' }))
    expect(made).toMatchObject({
      ok: true,
      body: { inputs: [{ data: [0.3] }, { data: [7] }, { data: ['Shaw'] }] },
    })
  })
  it('says what is wrong, field by field', () => {
    const made = inferenceBody(formFields(inputs, { temp: 'warm', hr: 7.5, station: 'x' }))
    expect(made).toEqual({
      ok: false,
      problems: [
        { name: 'temp', problem: 'expected a number' },
        { name: 'hr', problem: 'expected a whole number' },
      ],
    })
  })
})

it('reads a route change, whatever is missing', () => {
  expect(routeChange({ reason: 'canary', after: { arms: [{ name: 'a', weight: 0.3 }] } })).toEqual({
    reason: 'canary',
    arms: [{ name: 'a', model: '', weight: 0.3, mode: 'live' }],
  })
  expect(routeChange({})).toEqual({ reason: 'no reason given', arms: [] })
})
