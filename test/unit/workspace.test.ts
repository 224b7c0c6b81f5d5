import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeReports } from '../../plugin/persist.ts'
import { modulesAbove, workspaceRoot } from '../../plugin/workspace.ts'

describe('the root of a workspace', () => {
  it.each([
    ['pnpm-workspace.yaml', ''],
    ['lerna.json', '{}'],
    ['package.json', '{ "workspaces": ["packages/*"] }'],
  ])('is where %s says so', (name, content) => {
    const { room, project } = setUp()
    writeFileSync(join(room, name), content)
    writeFileSync(join(project, 'package.json'), '{}')
    expect(workspaceRoot(project)).toBe(room)
  })

  it('is the project itself outside of a workspace', () => {
    const { project } = setUp()
    expect(workspaceRoot(project)).toBe(project)
  })
})

describe('modules that a file can import', () => {
  it('come from every node_modules above it', () => {
    const { room, project } = setUp()
    mkdirSync(join(project, 'node_modules'))
    mkdirSync(join(room, 'node_modules/vitest/dist'), { recursive: true })
    const expected = [join(project, 'node_modules'), join(room, 'node_modules')]
    expect(modulesAbove(project)).toEqual(expect.arrayContaining(expected))
    expect(modulesAbove(join(room, 'node_modules/vitest/dist'))).toContain(join(room, 'node_modules'))
  })
})

describe('reports of Node that survive a pod', () => {
  it('are where the arguments and variables say, or in the working directory', () => {
    expect(nodeReports(['--cpu-prof', '--heap-prof', '--heap-prof-dir=heaps'], {}, '/project')).toEqual([
      { directory: '/project', extension: '.cpuprofile' },
      { directory: '/project/heaps', extension: '.heapprofile' },
    ])
    expect(nodeReports(['--cpu-prof', '--diagnostic-dir=/var/diag'], {}, '/project')).toEqual([
      { directory: '/var/diag', extension: '.cpuprofile' },
    ])
    expect(nodeReports([], { NODE_V8_COVERAGE: 'coverage/tmp' }, '/project')).toEqual([
      { directory: '/project/coverage/tmp', extension: '.json' },
    ])
  })

  it('are none by default', () => {
    expect(nodeReports(['--conditions', 'node'], {}, '/project')).toEqual([])
  })
})

function setUp(): { room: string; project: string } {
  const room = realpathSync(mkdtempSync(join(tmpdir(), 'workspace-')))
  onTestFinished(() => rmSync(room, { recursive: true }))
  const project = join(room, 'packages/app')
  mkdirSync(project, { recursive: true })
  return { room, project }
}
