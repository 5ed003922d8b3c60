/** Profiles of rows that stay where they are: for edge devices and batch jobs whose monitor needs no raw rows. */
import { KaizenError } from '@kaizen/contracts/errors'
import { type ProfiledRow, RowProfile, type RowProfileJson } from '@kaizen/ml/profile'

/** A row with its event time in milliseconds. */
export interface TimedRow extends ProfiledRow {
  readonly at: number
}

/** The body of `POST /api/v1/monitors/NAME/profiles`. */
export interface ProfileUpload {
  readonly id: string
  /** Event time in [from, to), in milliseconds. */
  readonly from: number
  readonly to: number
  readonly profile: RowProfileJson
}

interface Gathered {
  readonly profile: RowProfile
  firstAt: number
  lastAt: number
}

/** Gathers rows into one profile a window, in constant memory for each. */
export class ProfileWriter {
  readonly #source: string
  readonly #windowMs: number
  readonly #windows = new Map<number, Gathered>()

  /**
   * @param options.source names this device or job in the ids of its uploads
   * @param options.windowMs length of the monitor's windows, or a part of it that divides it
   */
  constructor(options: { readonly source: string; readonly windowMs: number }) {
    const { source, windowMs } = options
    if (!Number.isSafeInteger(windowMs) || windowMs <= 0)
      throw new KaizenError('INVALID_REQUEST', `windowMs: ${windowMs} is no length in milliseconds`)
    this.#source = source
    this.#windowMs = windowMs
  }

  /** @throws INVALID_DATA for a row without an event time */
  add(rows: readonly TimedRow[]): void {
    const parts = Map.groupBy(rows, ({ at }) => {
      if (!Number.isSafeInteger(at))
        throw new KaizenError('INVALID_DATA', `at: ${at} is no time in milliseconds`)
      return Math.floor(at / this.#windowMs) * this.#windowMs
    })
    for (const [from, part] of parts) {
      const known = this.#windows.get(from)
      const one = known ?? { profile: new RowProfile(), firstAt: part[0]!.at, lastAt: part[0]!.at }
      one.profile.add(part)
      for (const { at } of part) {
        one.firstAt = Math.min(one.firstAt, at)
        one.lastAt = Math.max(one.lastAt, at)
      }
      this.#windows.set(from, one)
    }
  }

  /** What has been gathered, oldest first; it is forgotten here. The same rows give the same ids. */
  take(): readonly ProfileUpload[] {
    const uploads = [...this.#windows]
      .sort(([a], [b]) => a - b)
      .map(([from, { profile, firstAt, lastAt }]) => ({
        id: `${this.#source}:${from}:${firstAt}-${lastAt}:${profile.rows}`,
        from,
        to: from + this.#windowMs,
        profile: profile.toJson(),
      }))
    this.#windows.clear()
    return uploads
  }
}
