import type { ModelSignature } from '@kaizen/contracts'

export interface ServerFacts {
  readonly name: string
  readonly version: number | null
  readonly signature: ModelSignature
}

/** A server of `model.js` on nothing but Node: the JSON form of the Open Inference Protocol, and its health calls. */
export function httpServerSource({ name, version, signature }: ServerFacts): string {
  const model = { name, version: String(version ?? 1), ...signature }
  return `import { createServer } from 'node:http';
import { predict } from './model.js';

const model = ${JSON.stringify(model, null, 2)};
${serverBody}`
}

const serverBody = `const port = Number(process.env.PORT ?? 8080);
const host = process.env.HOST ?? '127.0.0.1';
const mostBytes = Number(process.env.MAX_BODY_BYTES ?? 8 * 1024 * 1024);
const special = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity };
const numbers = { FP32: 3.4028234663852886e38, FP64: Number.MAX_VALUE };

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
const refuse = (message) => {
  throw new Refusal(400, message);
};
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function element(value, { name, datatype }) {
  if (datatype === 'BYTES') return typeof value === 'string' ? value : refuse(\`\${name}: a text is needed\`);
  if (typeof value === 'string' && Object.hasOwn(special, value)) return special[value];
  if (typeof value !== 'number' || Math.abs(value) > numbers[datatype]) refuse(\`\${name}: a number of \${datatype} is needed\`);
  return value;
}

/** Elements of a tensor, written flat or nested as its shape says. */
function flat(data, shape, name) {
  if (!Array.isArray(data)) refuse(\`\${name}: data has to be a list\`);
  if (!data.some(Array.isArray)) {
    const count = shape.reduce((product, size) => product * size, 1);
    return data.length === count ? data : refuse(\`\${name}: \${data.length} elements, and a shape for \${count}\`);
  }
  const [size, ...rest] = shape;
  if (data.length !== size || rest.length === 0) refuse(\`\${name}: data is not nested as its shape says\`);
  return data.flatMap((part) => flat(part, rest, name));
}

function readInput(spec, inputs) {
  const found = inputs.filter((input) => isObject(input) && input.name === spec.name);
  if (found.length !== 1) refuse(\`the input \${spec.name} is needed once\`);
  const [{ datatype, shape, data }] = found;
  if (datatype !== spec.datatype) refuse(\`\${spec.name}: the datatype has to be \${spec.datatype}\`);
  const fits =
    Array.isArray(shape) &&
    shape.length === spec.shape.length &&
    shape.every((size, axis) => Number.isSafeInteger(size) && size >= 0 && (axis === 0 || size === spec.shape[axis]));
  if (!fits) refuse(\`\${spec.name}: the shape has to be [\${spec.shape}], -1 for the number of rows\`);
  const values = flat(data, shape, spec.name).map((value) => element(value, spec));
  return { rows: shape[0], width: shape[1] ?? 1, values, name: spec.name };
}

function infer(request) {
  if (!isObject(request) || !Array.isArray(request.inputs)) refuse('inputs has to be a list');
  if (request.id !== undefined && typeof request.id !== 'string') refuse('id has to be a text');
  for (const input of request.inputs) {
    if (!isObject(input) || !model.inputs.some(({ name }) => name === input.name)) refuse('an input is none of the model');
  }
  const inputs = model.inputs.map((spec) => readInput(spec, request.inputs));
  const rows = inputs[0]?.rows ?? 0;
  if (inputs.some((input) => input.rows !== rows)) refuse('inputs have different numbers of rows');
  const asked = request.outputs ?? model.outputs;
  if (!Array.isArray(asked)) refuse('outputs has to be a list');
  const wanted = asked.map((output) => model.outputs.find(({ name }) => name === output?.name) ?? refuse('an output is none of the model'));
  const answers = Array.from({ length: rows }, (_, row) =>
    predict(
      Object.fromEntries(
        inputs.map(({ name, width, values }) => [
          name,
          width === 1 ? values[row] : values.slice(row * width, (row + 1) * width),
        ]),
      ),
    ),
  );
  const outputs = wanted.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape: [rows, ...shape.slice(1)],
    data: answers
      .flatMap((answer) => answer[name])
      .map((value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)),
  }));
  return {
    model_name: model.name,
    model_version: model.version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs,
  };
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > mostBytes) throw new Refusal(413, \`the body is over \${mostBytes} bytes\`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return refuse('the body is not JSON');
  }
}

const path = \`/v2/models/\${encodeURIComponent(model.name)}\`;
let stopping = false;
async function answer(request) {
  const call = \`\${request.method} \${new URL(request.url, 'http://model').pathname.replace(/(.)\\/$/, '$1')}\`;
  switch (call) {
    case 'GET /v2':
      return { name: 'exported-model', version: model.version, extensions: [] };
    case 'GET /v2/health/live':
      return { live: true };
    case 'GET /v2/health/ready':
    case \`GET \${path}/ready\`:
      if (stopping) throw new Refusal(503, 'the server is stopping');
      return { ready: true };
    case \`GET \${path}\`:
      return { name: model.name, versions: [model.version], platform: 'javascript', inputs: model.inputs, outputs: model.outputs };
    case \`POST \${path}/infer\`:
      return infer(await readJson(request));
    default:
      throw new Refusal(404, 'there is nothing at this address');
  }
}

const server = createServer((request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json', ...(status === 413 ? { connection: 'close' } : {}) });
    response.end(JSON.stringify(body));
  };
  answer(request).then(
    (body) => send(200, body),
    (failure) => {
      if (!(failure instanceof Refusal)) console.error(failure);
      send(failure.status ?? 500, { error: failure instanceof Refusal ? failure.message : 'an error of the server' });
    },
  );
});
server.requestTimeout = 30_000;
server.listen(port, host, () => console.log(\`\${model.name} answers on port \${server.address().port}\`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    stopping = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
`
