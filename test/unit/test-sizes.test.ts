import { describe, expect, it } from 'vitest'
import { readDocblock } from '../../plugin/docblock.ts'
import { type PodOptions, parseOptions } from '../../plugin/options.ts'
import { type PodSpec, resolvePodSpec } from '../../plugin/pod-spec.ts'

const Mi = 2 ** 20

function resolve(plugin: PodOptions, project: PodOptions = {}, docblock = ''): PodSpec {
  const configured = [parseOptions(plugin, 'plugin options', '/app'), parseOptions(project, 'test.mydocker', '/app')]
  return resolvePodSpec(
    { configured, docblock: readDocblock(docblock, 'a.test.ts') },
    { path: '/app/a.test.ts', projectRoot: '/app', projectName: '' },
    { allocatableMemory: 8192 * Mi, cores: 4, maxWorkers: 2, ci: false },
  )
}

/** What a size decides. */
function shape(spec: PodSpec): unknown[] {
  const { activeDeadlineSeconds, network, hermetic, limits, requests } = spec
  return [
    activeDeadlineSeconds,
    network.mode,
    network.hostPorts,
    hermetic,
    limits.pids,
    requests.memory / Mi,
    limits.memory / Mi,
  ]
}

describe('a size', () => {
  it('decides what its test may take and reach', () => {
    expect(shape(resolve({ size: 'small' }))).toEqual([60, 'none', [], 'enforce', 32, 128, 512])
    expect(shape(resolve({ size: 'medium' }))).toEqual([300, 'none', [], 'report', 512, 256, 1024])
    expect(shape(resolve({ size: 'large' }))).toEqual([900, 'none', [], 'off', 512, 512, 4096])
    expect(shape(resolve({}))).toEqual([undefined, 'none', [], 'off', 512, 128, 4096])
    expect(resolve({}, {}, '// @mydocker size=small').size).toBe('small')
  })

  it('wins over options of weaker layers, and loses to those beside it and in stronger ones', () => {
    const weaker: PodOptions = { activeDeadlineSeconds: 10, network: { hostPorts: [5432] }, hermetic: 'report' }
    expect(shape(resolve(weaker, { size: 'small' })).slice(0, 4)).toEqual([60, 'none', [], 'enforce'])
    expect(shape(resolve(weaker, { size: 'medium' })).slice(0, 4)).toEqual([300, 'none', [5432], 'report'])
    expect(shape(resolve({ network: 'host' }, { size: 'medium' }))[1]).toBe('none')
    expect(shape(resolve({ network: 'host' }, { size: 'large' }))[1]).toBe('host')
    expect(shape(resolve({ size: 'small', activeDeadlineSeconds: 5, hermetic: 'off' })).slice(0, 4)).toEqual([
      5,
      'none',
      [],
      'off',
    ])
    expect(shape(resolve({ size: 'small' }, {}, '// @mydocker network=host')).slice(0, 2)).toEqual([60, 'host'])
  })

  it('leaves nothing of another one in a weaker layer', () => {
    expect(shape(resolve({ size: 'small' }, {}, '// @mydocker size=large'))).toEqual(shape(resolve({ size: 'large' })))
  })

  it('says how much memory only where no layer does', () => {
    const limited: PodOptions = { resources: { limits: { memory: '100Mi' } } }
    expect(shape(resolve(limited, { size: 'large' })).slice(5)).toEqual([100, 100])
    expect(shape(resolve({ resources: { requests: { memory: '700Mi' } } }, { size: 'small' })).slice(5)).toEqual([
      700, 700,
    ])
  })

  it('leaves a small test no services', () => {
    const services = [{ name: 'redis', command: ['redis-server'] }]
    expect(resolve({ services }, { size: 'small' }).services).toEqual([])
    expect(resolve({ services }, { size: 'medium' }).services).toHaveLength(1)
    expect(() => resolve({ size: 'small', services })).toThrow(/'small' tests are one process, so services contradict/)
  })

  it('contradicts a network beside it', () => {
    const parse = (options: unknown) => () => parseOptions(options, 'plugin options', '/app')
    expect(parse({ size: 'small', network: 'host' })).toThrow(
      "plugin options: size: 'small' tests reach nothing outside of their container, so network 'host' contradicts it; leave one of them out, or use size 'large'",
    )
    expect(parse({ overrides: [{ include: ['a*'], size: 'medium', network: { mode: 'host' } }] })).toThrow(
      /overrides\[0\]\.size: 'medium' tests reach nothing/,
    )
    expect(parse({ size: 'small', network: { hostPorts: [80] } })).toThrow(/network\.hostPorts .* use size 'medium'/)
    expect(parse({ size: 'tiny' })).toThrow("size: 'tiny' is not 'small', 'medium' or 'large'")
    expect(() => readDocblock('// @mydocker network=host\n// @mydocker size=small', 'a.test.ts')).toThrow(
      /a\.test\.ts:2: size: 'small' tests reach/,
    )
  })
})
