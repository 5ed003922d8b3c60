import type { RanIn } from '../../runtime/index.ts'

/** How often something happened and how long it took in total. */
export interface Timed {
  readonly count: number
  readonly ms: number
}

/** Numbers of one served version, as the statistics extension of the Open Inference Protocol reports them. */
export interface TallyNumbers {
  /** When the last request was answered, in milliseconds since 1970; 0 before the first. */
  readonly lastInference: number
  /** Rows answered. */
  readonly inferences: number
  /** Runs of the model; a run that other requests shared counts in part for each. */
  readonly executions: number
  readonly success: Timed
  readonly fail: Timed
  /** Decoding inputs and holding them against the signature. */
  readonly computeInput: Timed
  /** From then to the answer: waiting for a thread, the model, the prediction log. */
  readonly computeInfer: Timed
  /** Time of the model by rows of a run. */
  readonly batches: ReadonlyMap<number, Timed>
}

/** What one request adds. */
export interface TalliedRequest {
  readonly rows: number
  readonly ran: RanIn
  readonly bindMs: number
  readonly totalMs: number
  readonly at: number
}

/** Sizes of requests told apart; further ones count only in the totals. */
const maxBatchSizes = 256

class Sum implements Timed {
  count = 0
  ms = 0

  add(ms: number): void {
    this.count++
    this.ms += ms
  }
}

/** Counts what a version answers; adding costs no allocation. */
export class InferenceTally implements TallyNumbers {
  lastInference = 0
  inferences = 0
  executions = 0
  readonly success = new Sum()
  readonly fail = new Sum()
  readonly computeInput = new Sum()
  readonly computeInfer = new Sum()
  readonly batches = new Map<number, Sum>()

  succeeded({ rows, ran, bindMs, totalMs, at }: TalliedRequest): void {
    const inferMs = totalMs - bindMs
    this.lastInference = at
    this.inferences += rows
    this.executions += 1 / ran.requests
    this.success.add(totalMs)
    this.computeInput.add(bindMs)
    this.computeInfer.add(inferMs)
    let batch = this.batches.get(ran.rows)
    if (!batch && this.batches.size < maxBatchSizes) {
      batch = new Sum()
      this.batches.set(ran.rows, batch)
    }
    batch?.add(inferMs)
  }

  failed(totalMs: number): void {
    this.fail.add(totalMs)
  }

  /** The numbers as they are now. */
  numbers(): TallyNumbers {
    return {
      lastInference: this.lastInference,
      inferences: this.inferences,
      executions: this.executions,
      success: { ...this.success },
      fail: { ...this.fail },
      computeInput: { ...this.computeInput },
      computeInfer: { ...this.computeInfer },
      batches: new Map([...this.batches].map(([rows, sum]) => [rows, { ...sum }])),
    }
  }
}
