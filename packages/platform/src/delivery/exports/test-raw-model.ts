import { encodeModel } from '@kaizen/ml'

/** A model that cannot be written as source: an operator of neural networks. */
export const rawModel = (): Uint8Array =>
  encodeModel(
    {
      name: 'g',
      nodes: [{ operator: 'Tanh', domain: '', inputs: ['x'], output: 'y', attributes: {} }],
      constants: new Map(),
      inputs: [{ name: 'x', type: 'float', shape: [3] }],
      outputs: [{ name: 'y', type: 'float', shape: [3] }],
    },
    {},
  )
