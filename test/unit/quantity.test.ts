import { describe, expect, it } from 'vitest'
import { formatBytes, formatCpu, parseCount, parseCpu, parseMemory } from '../../runtime/quantity.ts'

const Mi = 2 ** 20
const Gi = 2 ** 30

describe('memory', () => {
  it.each([
    ['256Mi', 256 * Mi],
    ['1.5Gi', 1.5 * Gi],
    ['.5Gi', 0.5 * Gi],
    ['64M', 64e6],
    ['100k', 100e3],
    ['1e9', 1e9],
    ['1E3', 1e3],
    ['+8Ki', 8192],
    ['1048576', Mi],
    [1048576, Mi],
  ])('reads %s as Kubernetes does', (quantity, bytes) => {
    expect(parseMemory(quantity, 'memory')).toBe(bytes)
  })

  it('rounds a fraction of a byte up, without floating-point noise', () => {
    expect(parseMemory('0.1Ki', 'memory')).toBe(103)
    expect(parseMemory('1.1k', 'memory')).toBe(1100)
    expect(parseMemory('0.3M', 'memory')).toBe(300_000)
  })

  it('says which option, what is wrong and what was probably meant', () => {
    expect(() => parseMemory('10Mo', 'resources.limits.memory')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: resources.limits.memory: '10Mo' is not a quantity; use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: '10Mi']`,
    )
  })

  it.each([
    ['10Mo', '10Mi'],
    ['10MB', '10Mi'],
    ['10mb', '10Mi'],
    ['10MiB', '10Mi'],
    ['10 Mi', '10Mi'],
    ['10 megabytes', '10Mi'],
    ['1,5g', '1.5Gi'],
    ['512K', '512Ki'],
    ['2gib', '2Gi'],
    ['100 bytes', '100'],
    ['128m', '128Mi'],
    ['lots', '256Mi'],
    ['', '256Mi'],
    [undefined, '256Mi'],
    [Number.NaN, '256Mi'],
  ])('answers %s with %s', (wrong, meant) => {
    expect(() => parseMemory(wrong, 'memory')).toThrow(`: '${meant}'`)
  })

  it('explains that m is a thousandth, which Kubernetes would accept', () => {
    expect(() => parseMemory('128m', 'memory')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: memory: '128m' is a fraction of a byte (m divides); use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: '128Mi']`,
    )
  })

  it('refuses nothing, less than nothing and more than there is', () => {
    expect(() => parseMemory(0, 'memory')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: memory: 0 is not a number of bytes above 0; leave the option out for its default]`,
    )
    expect(() => parseMemory('-1Gi', 'memory')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: memory: '-1Gi' is not a number of bytes above 0; leave the option out for its default]`,
    )
    expect(() => parseMemory('16Ei', 'memory')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: memory: '16Ei' is more than any machine has]`,
    )
  })
})

describe('cpu', () => {
  it.each([
    ['500m', 500],
    ['2', 2000],
    ['0.5', 500],
    [1.5, 1500],
    ['0.1m', 1],
    ['100u', 1],
  ])('reads %s in millicores, as Kubernetes does', (quantity, millicores) => {
    expect(parseCpu(quantity, 'cpu')).toBe(millicores)
  })

  it.each([
    ['50%', '500m'],
    ['500M', '500m'],
    ['250 millicores', '250m'],
    ['2 cores', '2'],
    ['2Gi', '2'],
    ['all', '500m'],
  ])('answers %s with %s', (wrong, meant) => {
    expect(() => parseCpu(wrong, 'cpu')).toThrow(`: '${meant}'`)
  })

  it('says how to write it', () => {
    expect(() => parseCpu('50%', 'resources.limits.cpu')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: resources.limits.cpu: '50%' is not a CPU quantity; use a number of cores, or thousandths of one with the suffix m: '500m']`,
    )
  })
})

describe('count', () => {
  it('reads numbers and quantities', () => {
    expect(parseCount(512, 'pids')).toBe(512)
    expect(parseCount('512', 'pids')).toBe(512)
    expect(parseCount('1k', 'pids')).toBe(1000)
  })

  it('refuses what cannot be counted', () => {
    expect(() => parseCount('1.5', 'pids')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: pids: '1.5' is not a count; use a whole number: 2]`,
    )
    expect(() => parseCount('many', 'pids')).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: pids: 'many' is not a count; use a whole number: 512]`,
    )
  })
})

describe('format', () => {
  it.each([
    [128 * Mi, '128Mi'],
    [1.5 * Gi, '1.5Gi'],
    [100.04 * Mi, '100Mi'],
    [1023.99 * Mi, '1Gi'],
    [512, '512'],
    [0, '0'],
    [1.25 * 2 ** 40, '1.3Ti'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('writes CPU in the shorter form', () => {
    expect(formatCpu(500)).toBe('500m')
    expect(formatCpu(2000)).toBe('2')
  })

  it('writes what it reads back', () => {
    for (const text of ['128Mi', '1.5Gi', '64Ki', '2Ti']) expect(formatBytes(parseMemory(text, 'memory'))).toBe(text)
  })
})
