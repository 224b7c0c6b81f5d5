import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openForTest, shell, temporaryDirectory } from '../support/container.ts'

// Where something is mounted is found in a tree that others may have made: no link on the way is followed.

interface Place {
  readonly directory: string
  /** What nothing may be mounted on. */
  readonly victim: string
  /** What is to be mounted. */
  readonly source: string
}

function makePlace(): Place {
  const directory = temporaryDirectory()
  const [victim, source] = [path.join(directory, 'victim'), path.join(directory, 'source')]
  for (const made of [victim, source]) {
    mkdirSync(made)
    writeFileSync(path.join(made, 'whose'), path.basename(made))
  }
  return { directory, victim, source }
}

/** Runs a container with a volume. @returns whose file is where the victim's was, or `no container: ` and why */
async function mountedAt(mountPath: string, { victim, source }: Place): Promise<string> {
  const { engine } = await openForTest()
  const volumes = [{ mountPath, hostPath: source, readOnly: false }]
  return shell(engine, `cat ${victim}/whose`, { volumes }).then(
    ({ output }) => output,
    (error) => `no container: ${error.message}`,
  )
}

test.each([
  ['a symbolic link', ''],
  ['a directory behind a symbolic link', '/deep'],
])('mount destinations: %s', async (_what, rest) => {
  const place = makePlace()
  const link = path.join(place.directory, 'link')
  symlinkSync(place.victim, link)
  expect(await mountedAt(`${link}${rest}`, place)).toMatch(/^no container: mydocker: mount point: .*ELOOP/)
  expect(readdirSync(place.victim)).toEqual(['whose'])
})

test('mount destinations: a directory that becomes a symbolic link and a directory again, all the time', async () => {
  const place = makePlace()
  const at = path.join(place.directory, 'at')
  mkdirSync(at)
  const script = `print "begun\\n"; while (1) { rename("${at}", "${at}.was"); symlink("${place.victim}", "${at}"); unlink("${at}"); rename("${at}.was", "${at}") }`
  const flipping = spawn('perl', ['-e', `$| = 1; ${script}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void flipping.kill('SIGKILL'))
  await once(flipping.stdout, 'data')
  for (let n = 0; n < 20; n++) expect(await mountedAt(at, place)).toMatch(/^(victim$|no container: )/)
  expect(readFileSync(path.join(place.victim, 'whose'), 'utf8')).toBe('victim')
  expect(readdirSync(place.victim)).toEqual(['whose'])
})
