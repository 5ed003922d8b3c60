type Numbers =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>

/** Numbers in an array that doubles when it is full: nothing for the collector of garbage to walk through. */
export class Growing<A extends Numbers> {
  readonly #make: new (
    length: number,
  ) => A
  #array: A
  #length = 0

  constructor(make: new (length: number) => A) {
    this.#make = make
    this.#array = new make(16)
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#array.length) {
      const grown = new this.#make(2 * this.#length)
      grown.set(this.#array)
      this.#array = grown
    }
    this.#array[this.#length++] = value
  }

  /** Sets an element at any place; those in between are 0. */
  put(index: number, value: number): void {
    if (index >= this.#array.length) {
      const grown = new this.#make(Math.max(2 * this.#array.length, index + 1))
      grown.set(this.#array)
      this.#array = grown
    }
    if (index >= this.#length) this.#length = index + 1
    this.#array[index] = value
  }

  at(index: number): number {
    return this.#array[index]!
  }

  set(index: number, value: number): void {
    this.#array[index] = value
  }

  /** A copy of all elements. */
  values(): A {
    return this.#array.slice(0, this.#length) as A
  }
}

/** Texts that are seldom read, as bytes one after the other. */
export class GrowingTexts {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #size = 0
  readonly #ends = new Growing(Uint32Array)

  push(text: string): void {
    if (text !== '') {
      const most = this.#size + 3 * text.length
      if (most > this.#bytes.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, most))
        this.#bytes.copy(grown, 0, 0, this.#size)
        this.#bytes = grown
      }
      this.#size += this.#bytes.write(text, this.#size)
    }
    this.#ends.push(this.#size)
  }

  at(index: number): string {
    const start = index === 0 ? 0 : this.#ends.at(index - 1)
    return this.#bytes.toString('utf8', start, this.#ends.at(index))
  }
}
