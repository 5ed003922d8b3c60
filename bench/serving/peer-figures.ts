import type { Figure, Reach } from '../figure.ts'
import type { Load } from './closed-loop.ts'

interface Measured {
  readonly server: string
  readonly firstAnswerMs?: number
  readonly residentMb: number
  readonly loads: Readonly<Record<string, Load | null>>
}

/** What `peers.ts` prints. */
export interface PeerResults {
  readonly models: readonly Measured[]
  readonly cold: Measured | null
  readonly pyfuncs: readonly Measured[]
  readonly decisions: Readonly<Record<string, number>>
}

const ratio = (atLeast: number): Reach => ({ of: 'ratio', atLeast })

/** Beside whom Kaizen's rate on a load is told, and by how much it should lead. */
const rates: readonly {
  readonly load: string
  readonly what: string
  readonly peers: Readonly<Record<string, Reach | undefined>>
  /** The peer's load, where it has another. */
  readonly peerLoad?: string
}[] = [
  {
    load: 'json-8',
    what: 'single row, JSON, 8 connections',
    peers: { floor: ratio(0.6), MLServer: ratio(8), KServe: undefined, Triton: ratio(2) },
  },
  {
    load: 'json-32',
    what: 'single row, JSON, 32 connections',
    peers: { floor: ratio(0.6), MLServer: undefined, KServe: undefined, Triton: undefined },
  },
  {
    load: 'binary-8',
    what: 'single row, binary, 8 connections, beside JSON',
    peers: { floor: ratio(0.7) },
    peerLoad: 'json-8',
  },
  {
    load: 'binary-8',
    what: 'single row, binary, 8 connections',
    peers: { MLServer: undefined, KServe: undefined, Triton: undefined },
  },
  {
    load: 'grpc-8',
    what: 'single row, gRPC, 8 connections',
    peers: { MLServer: ratio(4), Triton: ratio(1.2) },
  },
]

const named = (server: string): string => (server === 'floor' ? 'bare server' : server)

/** Rate and processor time of a load beside one peer; nothing where one of them did not do it. */
function beside(
  what: string,
  [own, other]: readonly [Load | null | undefined, Load | null | undefined],
  { peer, reach }: { readonly peer: string; readonly reach: Reach | undefined },
): readonly Figure[] {
  if (!own || !other) return []
  return [
    {
      what,
      kaizen: own.perSecond,
      unit: '/s',
      peer: { name: named(peer), value: other.perSecond },
      ...(reach === undefined ? {} : { reach }),
    },
    {
      what: `processor time of one: ${what}`,
      kaizen: own.cpuMs * 1000,
      unit: 'µs',
      peer: { name: named(peer), value: other.cpuMs * 1000 },
    },
  ]
}

export function peerFigures({ models, cold, pyfuncs, decisions }: PeerResults): readonly Figure[] {
  const kaizen = models.find(({ server }) => server === 'kaizen')
  const single = rates.flatMap(({ load, what, peers, peerLoad = load }) =>
    Object.entries(peers).flatMap(([peer, reach]) => {
      const other = models.find(({ server }) => server === peer)
      return beside(what, [kaizen?.loads[load], other?.loads[peerLoad]], { peer, reach })
    }),
  )
  const mlflow = pyfuncs.find(({ server }) => server === 'mlflow models serve')
  const beyondMlflow = beside(
    'single row, JSON, 8 connections, ONNX beside the pyfunc',
    [kaizen?.loads['json-8'], mlflow?.loads['pyfunc']],
    { peer: 'mlflow models serve', reach: ratio(15) },
  )
  const decided = Object.entries(decisions).map(
    ([router, us]): Figure => ({
      what: `decision of a router: ${router}`,
      kaizen: us,
      unit: 'µs',
      reach: { of: 'figure', atMost: 20 },
    }),
  )
  return [
    ...single,
    ...beyondMlflow,
    ...manyRows(models, 'rows-json', '1,000 rows a request, JSON, 4 connections'),
    ...manyRows(models, 'rows-binary', '1,000 rows a request, binary, 4 connections'),
    ...pyfuncFigures(pyfuncs),
    ...coldFigures(models, cold),
    ...decided,
  ]
}

/** Beside the best of the peers. */
function manyRows(models: readonly Measured[], load: string, what: string): readonly Figure[] {
  const own = models.find(({ server }) => server === 'kaizen')?.loads[load]
  const [best] = models
    .filter(({ server, loads }) => !['kaizen', 'floor'].includes(server) && loads[load])
    .sort((a, b) => b.loads[load]!.perSecond - a.loads[load]!.perSecond)
  if (!best) return []
  return beside(what, [own, best.loads[load]], { peer: best.server, reach: ratio(1.3) })
}

function pyfuncFigures(pyfuncs: readonly Measured[]): readonly Figure[] {
  const own = pyfuncs.find(({ server }) => server === 'kaizen')?.loads['pyfunc']
  const reaches: Readonly<Record<string, Reach>> = {
    MLServer: ratio(1),
    'mlflow models serve': ratio(3),
  }
  return Object.entries(reaches).flatMap(([peer, reach]) => {
    const other = pyfuncs.find(({ server }) => server === peer)?.loads['pyfunc']
    return beside('pyfunc, single row, 8 connections', [own, other], { peer, reach })
  })
}

function coldFigures(models: readonly Measured[], cold: Measured | null): readonly Figure[] {
  if (cold?.firstAnswerMs === undefined) return []
  const reach: Reach = { of: 'figure', atMost: 1000 }
  const start = {
    what: 'from the start to the first answer',
    kaizen: cold.firstAnswerMs,
    unit: 'ms',
  }
  const peers = models
    .filter(({ server, firstAnswerMs }) => server !== 'kaizen' && firstAnswerMs !== undefined)
    .map(({ server, firstAnswerMs }) => ({ name: named(server), value: firstAnswerMs! }))
  return [
    ...(peers.length === 0 ? [{ ...start, reach }] : []),
    ...peers.map((peer): Figure => ({ ...start, peer, reach })),
    {
      what: 'memory with one model, after the first answer',
      kaizen: cold.residentMb,
      unit: 'MB',
      reach: { of: 'figure', atMost: 200 },
    },
  ]
}
