import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { labels } from '../flaky-corpus/labels.ts'

const corpus = fileURLToPath(new URL('../flaky-corpus', import.meta.url))

test('every test of the flaky corpus has a label, and every label a test', () => {
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const tests = files.flatMap((file) =>
    [...readFileSync(`${corpus}/${file}`, 'utf8').matchAll(/^test\('(.+?)', /gm)].map(
      ([, name]) => `${file} > ${name}`,
    ),
  )
  expect(labels.map((label) => `${label.file} > ${label.test}`).toSorted()).toEqual(tests.toSorted())
})

test('there are enough of each kind and category', () => {
  const flaky = labels.filter(({ label }) => label !== 'stable')
  expect(flaky.length).toBeGreaterThanOrEqual(60)
  expect(labels.length - flaky.length).toBeGreaterThanOrEqual(60)
  expect(flaky.filter(({ label }) => label === 'resource-affected').length).toBeGreaterThanOrEqual(16)
  const categories = [
    'async-wait',
    'concurrency',
    'order',
    'leak',
    'network',
    'time',
    'io',
    'randomness',
    'unordered',
    'memory',
    'cpu',
  ]
  for (const category of categories)
    expect(flaky.filter((each) => each.category === category).length, category).toBeGreaterThanOrEqual(5)
})
