import { describe, expect, it } from 'vitest'
import {
  artifactKind,
  imageType,
  readableText,
  readDelimited,
  readSignature,
  readSplitTable,
} from './artifact-view.ts'

describe('kinds of files', () => {
  it('knows how a file can be looked at by its name', () => {
    for (const path of ['a.html', 'dir/a.htm', 'a.md']) expect(artifactKind(path)).toBe('markup')
    expect(artifactKind('a.SVG')).toBe('drawing')
    expect(imageType('a.SVG')).toBe('image/svg+xml')
    expect(artifactKind('a.xml')).toBe('text')
    expect(artifactKind('a.json')).toBe('json')
    expect(artifactKind('plots/a.PNG')).toBe('image')
    expect(imageType('a.jpeg')).toBe('image/jpeg')
    expect(artifactKind('model/MLmodel')).toBe('signature')
    expect(artifactKind('rows.tsv')).toBe('table')
    expect(artifactKind('model.onnx')).toBe('preview')
    expect(artifactKind('model.bin')).toBe('other')
    expect(artifactKind('plots.png/readme')).toBe('other')
  })
  it('writes whole JSON readably and leaves cut JSON as it is', () => {
    expect(readableText('a.json', '{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(readableText('a.json', '{"a":')).toBe('{"a":')
    expect(readableText('a.txt', '{"a":1}')).toBe('{"a":1}')
  })
})

describe('tables in JSON', () => {
  it('reads columns and rows, and tells images by their path', () => {
    const image = { type: 'image', filepath: 'tables/1.png' }
    const data = [
      ['a', 1, null],
      [{ x: 1 }, image],
    ]
    expect(readSplitTable(JSON.stringify({ columns: ['q', 'n', 'z'], data }))).toEqual({
      head: ['q', 'n', 'z'],
      rows: [
        ['a', '1', ''],
        ['{"x":1}', 'tables/1.png', ''],
      ],
    })
  })
  it.each(['{"columns":["a"]', '[1]', 'null', '{"columns":["a"],"data":[1]}', '{"data":[]}'])(
    'takes %s for what it is',
    (text) => expect(readSplitTable(text)).toBeNull(),
  )
})

describe('delimited text', () => {
  it('keeps quoted delimiters, quotes and line ends', () => {
    expect(readDelimited('a,b\r\n"1,2","x""y\nz"\r\n,\r\n', ',')).toEqual([
      ['a', 'b'],
      ['1,2', 'x"y\nz'],
      ['', ''],
    ])
    expect(readDelimited('a\tb', '\t')).toEqual([['a', 'b']])
    expect(readDelimited('', ',')).toEqual([])
  })
})

describe('signature', () => {
  it('reads columns and tensors, folded lines and doubled quotes', () => {
    const text = [
      'flavors: {}',
      'signature:',
      `  inputs: '[{"type": "double", "name": "it''s", "required": true},`,
      `    {"type": "long", "name": "hr", "required": false}]'`,
      `  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'`,
      '  params: null',
      'utc_time_created: x',
    ].join('\n')
    expect(readSignature(text)).toEqual([
      { side: 'inputs', name: "it's", type: 'double', required: true },
      { side: 'inputs', name: 'hr', type: 'long', required: false },
      { side: 'outputs', name: '0', type: 'float32 [-1, 1]', required: true },
    ])
  })
  it('says that there is none, and reads nothing from what is broken', () => {
    expect(readSignature('flavors: {}')).toBeNull()
    expect(readSignature("signature:\n  inputs: '[{'\n")).toEqual([])
  })
})
