import { describe, expect, it } from 'vitest'
import { formFields, formValues, inferenceBody } from './try-form.ts'

const inputs = [
  { name: 'temp', datatype: 'FP64', shape: [-1, 1] },
  { name: 'hr', datatype: 'INT64', shape: [-1, 1] },
  { name: 'station', datatype: 'BYTES', shape: [-1, 1] },
]
const typed = (datatype: string, shape: number[], text: string) => {
  const [field] = formFields([{ name: 'x', datatype, shape }], [])
  const made = inferenceBody([{ ...field!, text }])
  return made.ok ? (made.body as { inputs: object[] }).inputs[0] : made.problems[0]?.problem
}

describe('the form that asks for a prediction', () => {
  it('is filled with what was asked last, and says types, ranges and examples', () => {
    const logged = [
      { temp: 0.3, hr: 7, station: 'Shaw' },
      { temp: 0.9, hr: 7, station: 'Adams' },
      { temp: null, hr: 7, station: 'Shaw' },
    ]
    expect(formFields(inputs, logged)).toMatchObject([
      { text: '0.3', hint: 'a number, 0.30 to 0.90 lately', choices: [] },
      { text: '7', hint: 'a whole number, 7 lately' },
      { text: 'Shaw', hint: 'text', choices: ['Adams', 'Shaw'] },
    ])
    expect(formFields(inputs, []).map(({ text }) => text)).toEqual(['', '', ''])
  })

  it('makes tensors of what was typed', () => {
    const made = inferenceBody(formFields(inputs, [{ temp: 0.3, hr: 7, station: 'Shaw' }]))
    expect(made).toMatchObject({
      ok: true,
      body: { inputs: [{ shape: [1, 1], data: [0.3] }, { data: [7] }, { data: ['Shaw'] }] },
    })
  })

  it('asks for a row of a matrix in one field', () => {
    const matrix = [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }]
    const [field] = formFields(matrix, [{ 'x[0]': 1, 'x[1]': 2.5, 'x[2]': -3 }])
    expect(field).toMatchObject({
      text: '1, 2.5, -3',
      hint: '3 values: a number, −3 to 2.50 lately',
    })
    expect(inferenceBody([field!])).toEqual({
      ok: true,
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2.5, -3] }] },
    })
    expect(formValues([field!])).toEqual({ 'x[0]': 1, 'x[1]': 2.5, 'x[2]': -3 })
    expect(typed('FP32', [-1, 3], '1, 2')).toBe('expected 3 times a number')
    expect(typed('FP32', [-1], '4')).toMatchObject({ shape: [1] })
    expect(typed('FP32', [-1, -1, 2], '1, 2, 3, 4')).toMatchObject({ shape: [1, 2, 2] })
    expect(typed('FP32', [-1, -1, 2], '1, 2, 3')).toBe('expected a number')
  })

  it('says what is wrong, field by field, and rounds or wraps nothing', () => {
    const fields = formFields(inputs, [{ temp: 'warm', hr: 7.5, station: 'x' }])
    expect(inferenceBody(fields)).toEqual({
      ok: false,
      problems: [
        { name: 'temp', problem: 'expected a number' },
        { name: 'hr', problem: 'expected a whole number' },
      ],
    })
    expect(typed('UINT8', [-1, 1], '256')).toBe('expected a whole number from 0 to 255')
    expect(typed('INT8', [-1, 1], '-128')).toMatchObject({ data: [-128] })
    expect(typed('INT64', [-1, 1], '9007199254740993')).toBe('expected a whole number')
    expect(typed('BOOL', [-1, 1], 'yes')).toBe('expected true or false')
    expect(typed('FP64', [-1, 1], 'NaN')).toMatchObject({ data: ['NaN'] })
    expect(typed('FP16', [-1, 1], '1')).toContain('half precision')
  })
})
