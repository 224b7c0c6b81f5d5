import { MydockerError } from './errors.ts'
import { show } from './show.ts'
import type { Bytes, Millicores } from './units.ts'

/** What reading a quantity gives: its value, or one sentence on what is wrong with it and how to write it. */
export type Reading = { readonly value: number } | { readonly problem: string }

/**
 * Reads a Kubernetes memory quantity (apimachinery `resource.Quantity`): `'256Mi'`, `'1.5Gi'`, `'1e9'`, or a number of bytes.
 * A fraction of a byte is rounded up, as Kubernetes does.
 * @param option name of the option or flag, for the error text
 * @returns bytes
 * @throws MydockerError stage `options`
 */
export function parseMemory(value: unknown, option: string): Bytes {
  return valueOrThrow(readMemory(value), option)
}

/**
 * Reads a Kubernetes CPU quantity: `'500m'` (thousandths of a core), `'1.5'`, or a number of cores.
 * Finer than 1m is rounded up.
 * @param option name of the option or flag, for the error text
 * @returns millicores
 * @throws MydockerError stage `options`
 */
export function parseCpu(value: unknown, option: string): Millicores {
  return valueOrThrow(readCpu(value), option)
}

/**
 * Reads a count of things, such as `pids`: `512`, `'512'` or `'1k'`.
 * @param option name of the option or flag, for the error text
 * @throws MydockerError stage `options`
 */
export function parseCount(value: unknown, option: string): number {
  return valueOrThrow(readCount(value), option)
}

/** Bytes as a short Kubernetes quantity for people, rounded to a tenth of its unit: `128Mi`, `1.5Gi`, `512`. */
export function formatBytes(bytes: Bytes): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']
  let amount = bytes
  for (const unit of units) {
    const rounded = unit === '' ? Math.round(amount) : Math.round(amount * 10) / 10
    if (Math.abs(rounded) < 1024) return `${rounded}${unit}`
    amount /= 1024
  }
  return `${Math.round(amount * 10) / 10}Ei`
}

/** Millicores as a Kubernetes quantity: `500m`, `2`. */
export function formatCpu(cpu: Millicores): string {
  return cpu % 1000 === 0 ? String(cpu / 1000) : `${cpu}m`
}

/** As {@link parseMemory}, for callers that gather problems. */
export function readMemory(value: unknown): Reading {
  const advice = `use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: ${show(likelyMemory(value))}`
  const amount = amountOf(value)
  if (amount === undefined) return { problem: `${show(value)} is not a quantity; ${advice}` }
  if (amount.suffix !== '' && isThousandth(amount.suffix)) {
    return { problem: `${show(value)} is a fraction of a byte (${amount.suffix} divides); ${advice}` }
  }
  return whole(value, amount.number, 'a number of bytes')
}

/** Reads a Kubernetes quantity of bits a second: `'10M'`. */
export function readBits(value: unknown): Reading {
  const amount = amountOf(value)
  if (amount !== undefined && (amount.suffix === '' || !isThousandth(amount.suffix)))
    return whole(value, amount.number, 'a number of bits a second')
  return { problem: `${show(value)} is not a rate; use a number of bits a second or a suffix k M G: '10M'` }
}

/** As {@link parseCpu}, for callers that gather problems. */
export function readCpu(value: unknown): Reading {
  const amount = amountOf(value)
  if (amount === undefined || !['', 'm', 'u', 'n'].includes(amount.suffix)) {
    const advice = `use a number of cores, or thousandths of one with the suffix m: ${show(likelyCpu(value))}`
    return { problem: `${show(value)} is not a CPU quantity; ${advice}` }
  }
  return whole(value, amount.number * 1000, 'a number of cores')
}

/** As {@link parseCount}, for callers that gather problems. */
export function readCount(value: unknown): Reading {
  const amount = amountOf(value)
  if (amount === undefined || !Number.isInteger(amount.number)) {
    return { problem: `${show(value)} is not a count; use a whole number: ${Math.ceil(leadingNumber(value) ?? 512)}` }
  }
  return whole(value, amount.number, 'a count')
}

interface Amount {
  /** In the unit of the quantity: bytes, cores, things. */
  readonly number: number
  readonly suffix: string
}

const MULTIPLIERS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** A double holds 15 decimal digits exactly: more of a product such as 1.1 × 1000 is noise, which rounding up would make visible. */
const EXACT_DIGITS = 15

/** `<signedNumber><suffix>` of apimachinery's grammar; the suffix is binary, decimal, or a decimal exponent. */
function amountOf(value: unknown): Amount | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? { number: value, suffix: '' } : undefined
  if (typeof value !== 'string') return undefined
  const parts = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))$/.exec(value)
  if (parts === null) return undefined
  const [, digits = '', exponent = '', suffix = ''] = parts
  const multiplier = MULTIPLIERS[suffix] ?? 1
  return { number: Number((Number(digits + exponent) * multiplier).toPrecision(EXACT_DIGITS)), suffix }
}

function whole(value: unknown, number: number, what: string): Reading {
  if (number <= 0) return { problem: `${show(value)} is not ${what} above 0; leave the option out for its default` }
  const rounded = Math.ceil(Number(number.toPrecision(EXACT_DIGITS)))
  if (rounded > Number.MAX_SAFE_INTEGER) return { problem: `${show(value)} is more than any machine has` }
  return { value: rounded }
}

function valueOrThrow(reading: Reading, option: string): number {
  if ('problem' in reading) throw new MydockerError({ stage: 'options', message: `${option}: ${reading.problem}` })
  return reading.value
}

/** What someone meant who wrote `10Mo`, `10MB`, `10 mib`, `1,5G` or Kubernetes' trap `128m` (0.128 bytes). */
function likelyMemory(value: unknown): string {
  const parts = /^(\d+(?:[.,]\d+)?)[\s_]*([a-z]*)$/i.exec(String(value).trim())
  const [, digits, word = ''] = parts ?? []
  if (digits === undefined) return '256Mi'
  const number = digits.replace(',', '.')
  const prefix = /^([kmgtpe])(?:i?[bo]?|ilo.*|ega.*|iga.*|era.*)$/i.exec(word)?.[1]
  if (prefix !== undefined) return `${number}${prefix.toUpperCase()}i`
  return word === '' || /^(?:b|o|bytes?|octets?)$/i.test(word) ? number : `${number}Mi`
}

/** What someone meant who wrote `50%`, `500M` or `2 cores`. */
function likelyCpu(value: unknown): string {
  const number = leadingNumber(value)
  if (number === undefined) return '500m'
  const unit = String(value).replace(/^[\s\d.,]+/, '')
  if (unit.startsWith('%')) return `${number * 10}m`
  return /^m/i.test(unit) ? `${number}m` : String(number)
}

function leadingNumber(value: unknown): number | undefined {
  const digits = /^\s*(\d+(?:[.,]\d+)?)/.exec(String(value))?.[1]
  return digits === undefined ? undefined : Number(digits.replace(',', '.'))
}

function isThousandth(suffix: string): boolean {
  return suffix === 'm' || suffix === 'u' || suffix === 'n'
}
