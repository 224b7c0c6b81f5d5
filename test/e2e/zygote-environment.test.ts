import { beforeAll, describe, expect, test } from 'vitest'
import { documentScenes } from '../../plugin/rehearsal-document.ts'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'
import { dependency, isForked } from '../support/zygote.ts'

/** A window that has nothing of another file's, and is the only one. */
const page = (environment: string, url: string): string => `
  // @vitest-environment ${environment}
  import { windowAtLoad } from 'wants-window'
  import { expect, test } from 'vitest'

  test('is forked', async () => { expect(${isForked}).toBe(true) })

  test('a fresh window', () => {
    expect(document.title).toBe('')
    expect(document.documentElement.outerHTML).toBe('<html><head></head><body></body></html>')
    expect(document.activeElement).toBe(document.body)
    expect(document.cookie).toBe('')
    expect(localStorage.length).toBe(0)
    expect(location.href).toBe('${url}')
    document.title = 'taken'
    document.body.innerHTML = '<p>x</p>'
    document.cookie = 'a=b'
    localStorage.setItem('a', 'b')
  })

  test('one window only', async () => {
    expect(window).toBe(globalThis)
    expect(document.defaultView.document).toBe(document)
    const text = await new Request('http://localhost/', { method: 'POST', body: new Blob(['bytes']) }).text()
    expect(text).toBe('bytes')
    const form = new FormData()
    form.append('name', 'value')
    expect(await new Request('http://localhost/', { method: 'POST', body: form }).text()).toContain('value')
    const clicked = new Promise((resolve) => document.addEventListener('click', resolve, { signal: new AbortController().signal }))
    document.body.click()
    expect(await clicked).toBeInstanceOf(Event)
  })

  test('what was loaded ahead has seen it', () => expect(windowAtLoad).toBe(window))

  test('variables', () => expect(import.meta.env.OWN).toBe('configured'))
`

/** Runs what a rehearsal does in a window, where a scene that fails is not passed over. */
const scenes = (environment: string): string => `
  // @vitest-environment ${environment}
  import { test } from 'vitest'
  test('no scene fails', () => {
    new Function(${JSON.stringify(documentScenes.replace('catch {}', 'finally {}'))})()
  })
`

describe.each(onPlatforms)('%s: the environment that a zygote has set up', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    project = await makeProject(platform, {
      ...config({
        options: `{ start: 'zygote', warm: ['wants-window'], env: { OWN: 'of the pod' } }`,
        test: `maxWorkers: 2, env: { OWN: 'configured' }, environmentOptions: { jsdom: { url: 'http://localhost:7000/' } }`,
      }),
      ...dependency('wants-window', 'export const windowAtLoad = globalThis.window'),
      'jsdom-1.test.ts': page('jsdom', 'http://localhost:7000/'),
      'jsdom-2.test.ts': page('jsdom', 'http://localhost:7000/'),
      'jsdom-other.test.ts': `
        // @vitest-environment-options { "url": "http://localhost:8000/" }
        ${page('jsdom', 'http://localhost:8000/')}
      `,
      'happy-1.test.ts': page('happy-dom', 'http://localhost:3000/'),
      'happy-2.test.ts': page('happy-dom', 'http://localhost:3000/'),
      'jsdom-scenes.test.ts': scenes('jsdom'),
      'happy-scenes.test.ts': scenes('happy-dom'),
    })
    run = await vitestRun(project, [])
  })

  test.each(['jsdom-1', 'jsdom-2', 'jsdom-other', 'jsdom-scenes', 'happy-1', 'happy-2', 'happy-scenes'])(
    'is its file’s own: %s',
    (name) => {
      for (const { title, status, failureMessages } of run.report.file(`/${name}.test.ts`).assertionResults)
        expect(status, `${title}: ${failureMessages}`).toBe('passed')
      expect(run.exitCode, run.output).toBe(0)
    },
  )
})
