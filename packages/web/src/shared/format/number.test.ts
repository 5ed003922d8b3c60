import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPlain,
  formatShare,
} from './number.ts'

describe('numbers', () => {
  it('shows a missing value as a gap, never as zero', () => {
    for (const format of [formatCount, formatNumber, formatShare, formatBytes, formatDuration]) {
      expect(format(null)).toBe('–')
      expect(format(undefined)).toBe('–')
      expect(format(0)).not.toBe('–')
    }
  })
  it('keeps four significant digits', () => {
    expect(formatNumber(38.6123)).toBe('38.61')
    expect(formatNumber(0.123456)).toBe('0.123')
    expect(formatNumber(0.06)).toBe('0.060')
    expect(formatNumber(15_312)).toBe('15,312')
    expect(formatNumber(-2.5)).toBe('−2.500')
    expect(formatNumber(0.00001234)).toBe('1.23e−5')
  })
  it('drops zeros at the end of a number that stands alone', () => {
    expect(formatPlain(2.1)).toBe('2.1')
    expect(formatPlain(0.06)).toBe('0.06')
    expect(formatPlain(1200)).toBe('1,200')
    expect(formatPlain(null)).toBe('–')
  })
  it('names units of bytes, time and shares', () => {
    expect(formatBytes(999)).toBe('999 B')
    expect(formatBytes(1_250_000)).toBe('1.3 MB')
    expect(formatDuration(0.42)).toBe('0.42 ms')
    expect(formatDuration(90_000)).toBe('1 min 30 s')
    expect(formatDuration(9 * 3_600_000)).toBe('9 h')
    expect(formatShare(0.125)).toBe('12.5 %')
  })
})
