import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const files = {
  ...config(),
  'value.ts': `export const value = ['first', 'line\\nbreak']\n`,
  'snapshots.test.ts': `
import { expect, test } from 'vitest'
import { value } from './value'

test('in a file', () => {
  expect(value).toMatchSnapshot()
  expect({ value }).toMatchSnapshot('named')
})
test('inline', () => {
  expect(value).toMatchInlineSnapshot()
})
test('thrown, inline', () => {
  expect(() => { throw new Error(value[0]) }).toThrowErrorMatchingInlineSnapshot()
})
test('a file of its own', async () => {
  await expect(value.join('\\n')).toMatchFileSnapshot('./golden/deep/value.txt')
})
`,
  'obsolete.test.ts': `
import { expect, test } from 'vitest'
test('has one', () => { expect('soon obsolete').toMatchSnapshot() })
`,
}

describe.each(onPlatforms)('%s: snapshots', (_name, platform) => {
  test('are written, compared, updated and removed in the project, as by forks', async () => {
    const project = await makeProject(platform, files)
    await project.commit()

    const written = await vitestRun(project, [])
    expect(written.exitCode, written.output).toBe(0)
    expect(written.report.content.snapshot.added).toBe(6)
    const ours = sources(project)
    expect(ours['snapshots.test.ts']).toContain('toMatchInlineSnapshot(`\n')
    expect(ours['golden/deep/value.txt']).toBe('first\nline\nbreak')

    await project.git('reset', '--hard', '--quiet')
    await project.git('clean', '-fd', '--quiet')
    await vitestRun(project, ['--pool=forks'])
    expect(ours).toEqual(sources(project))

    // Another value does not match and is not written.
    await project.write({ 'value.ts': `export const value = ['second', 'value']\n` })
    const different = sources(project)
    const mismatch = await vitestRun(project, [])
    expect(mismatch.exitCode, mismatch.output).toBe(1)
    expect(mismatch.report.content.snapshot.unmatched).toBe(4)
    expect(sources(project)).toEqual(different)

    // With -u it is; a file without snapshots loses its snapshot file.
    await project.write({ 'obsolete.test.ts': `import { test } from 'vitest'; test('has none', () => {})` })
    const updated = await vitestRun(project, ['-u'])
    expect(updated.exitCode, updated.output).toBe(0)
    expect(updated.report.content.snapshot).toMatchObject({ updated: 5, filesRemoved: 1 })
    const after = sources(project)
    expect(after['golden/deep/value.txt']).toBe('second\nvalue')
    expect(after['__snapshots__/snapshots.test.ts.snap']).toContain('"second"')
    expect(Object.keys(after)).not.toContain('__snapshots__/obsolete.test.ts.snap')
    const settled = await vitestRun(project, ['--pool=forks'], { env: { CI: 'true' } })
    expect(settled.exitCode, settled.output).toBe(0)
  })

  test('that are new fail under CI and are not written', async () => {
    const project = await makeProject(platform, files)
    await project.commit()
    const run = await vitestRun(project, [], { env: { CI: 'true' } })
    expect(run.exitCode, run.output).toBe(1)
    expect(await project.git('status', '--porcelain')).toBe('')
  })
})

/** Contents of every file of the project, without what Vitest caches. */
function sources(project: Project): Record<string, string> {
  const paths = readdirSync(project.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(project.directory.length + 1))
    .filter((path) => !/^(node_modules|\.git)\//.test(path))
  return Object.fromEntries(paths.map((path) => [path, readFileSync(project.path(path), 'utf8')]))
}
