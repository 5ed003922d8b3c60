/** The JSON form of the Open Inference Protocol, for the one model of this bundle. */
import { compute } from './compute.js'
import { model } from './facts.js'

/** A request that cannot be answered, with the status that says so. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}
export const refuse = (message) => {
  throw new Refusal(400, message)
}
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

const special = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}
const floats = { FP32: 3.4028234663852886e38, FP64: Number.MAX_VALUE }
/** 64-bit integers are taken as far as JSON carries them exactly. */
const integers = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
}

/** An element of JSON as a value of a tensor's type. @throws Refusal */
export function element(value, { name, datatype }) {
  if (datatype === 'BYTES') {
    return typeof value === 'string' ? value : refuse(`${name}: a text is needed`)
  }
  if (datatype === 'BOOL') {
    return typeof value === 'boolean' ? value : refuse(`${name}: true or false is needed`)
  }
  const range = integers[datatype]
  if (range) {
    const fits = Number.isSafeInteger(value) && value >= range[0] && value <= range[1]
    return fits ? value : refuse(`${name}: an integer of ${datatype} is needed`)
  }
  if (typeof value === 'string' && Object.hasOwn(special, value)) return special[value]
  if (typeof value !== 'number' || Math.abs(value) > floats[datatype]) {
    refuse(`${name}: a number of ${datatype} is needed`)
  }
  return value
}

/** Elements of a tensor, written flat or nested as its shape says. */
function flat(data, shape, name) {
  if (!Array.isArray(data)) refuse(`${name}: data has to be a list`)
  if (!data.some(Array.isArray)) {
    const count = shape.reduce((product, size) => product * size, 1)
    if (data.length === count) return data
    refuse(`${name}: ${data.length} elements, and a shape for ${count}`)
  }
  const [size, ...rest] = shape
  if (data.length !== size || rest.length === 0) {
    refuse(`${name}: data is not nested as its shape says`)
  }
  return data.flatMap((part) => flat(part, rest, name))
}

const isShapeOf = (shape, wanted) =>
  Array.isArray(shape) &&
  shape.length === wanted.length &&
  shape.every(
    (size, axis) =>
      Number.isSafeInteger(size) && size >= 0 && (wanted[axis] === -1 || size === wanted[axis]),
  )

function readInput(spec, inputs) {
  const { name } = spec
  const found = inputs.filter((input) => input.name === name)
  if (found.length !== 1) refuse(`the input ${name} is needed once`)
  const [{ datatype, shape, data }] = found
  if (datatype !== spec.datatype) refuse(`${name}: the datatype has to be ${spec.datatype}`)
  if (!isShapeOf(shape, spec.shape)) {
    refuse(`${name}: the shape has to be [${spec.shape}], -1 for any size`)
  }
  return { name, datatype, shape, data: flat(data, shape, name).map((one) => element(one, spec)) }
}

/** Tensors in the order of the model, with one number of rows. @throws Refusal */
export async function answerTensors(inputs, wanted = model.outputs) {
  const rows = inputs.filter((_, i) => model.inputs[i].shape[0] === -1).map(({ shape }) => shape[0])
  if (rows.some((count) => count !== rows[0])) refuse('inputs have different numbers of rows')
  try {
    return await compute(inputs, wanted)
  } catch (failure) {
    throw new Refusal(400, `the model does not compute on this: ${failure.message}`)
  }
}

/** A number that JSON has not is written as text. */
export const written = (value) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

/** Answers an inference request. @throws Refusal */
export async function infer(request) {
  if (!isObject(request) || !Array.isArray(request.inputs)) refuse('inputs has to be a list')
  const { id } = request
  if (id !== undefined && typeof id !== 'string') refuse('id has to be a text')
  for (const input of request.inputs) {
    if (isObject(input) && model.inputs.some(({ name }) => name === input.name)) continue
    refuse('an input is none of the model')
  }
  const inputs = model.inputs.map((spec) => readInput(spec, request.inputs))
  const asked = request.outputs ?? model.outputs
  if (!Array.isArray(asked)) refuse('outputs has to be a list')
  const wanted = asked.map(
    (output) =>
      model.outputs.find(({ name }) => name === output?.name) ??
      refuse('an output is none of the model'),
  )
  const outputs = await answerTensors(inputs, wanted)
  return {
    model_name: model.name,
    model_version: model.version,
    ...(id === undefined ? {} : { id }),
    outputs: outputs.map((output) => ({ ...output, data: output.data.map(written) })),
  }
}

/** What is read as JSON. @throws Refusal */
export function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return refuse('the body is not JSON')
  }
}

const path = `/v2/models/${encodeURIComponent(model.name)}`

/** The answer to a call; the body is read only by calls that have one. @throws Refusal */
export async function answer(method, pathname, readText) {
  switch (`${method} ${pathname.replace(/(.)\/$/, '$1')}`) {
    case 'GET /v2':
      return { name: 'exported-model', version: model.version, extensions: [] }
    case 'GET /v2/health/live':
      return { live: true }
    case 'GET /v2/health/ready':
    case `GET ${path}/ready`:
      return { ready: true }
    case `GET ${path}`: {
      const { name, version, platform, inputs, outputs } = model
      return { name, versions: [version], platform, inputs, outputs }
    }
    case `POST ${path}/infer`:
      return infer(parse(await readText()))
    default:
      throw new Refusal(404, 'there is nothing at this address')
  }
}
