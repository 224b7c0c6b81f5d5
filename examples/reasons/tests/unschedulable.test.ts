// @mydocker requests.memory=64Ti
import { test } from 'vitest'

test('is never run', () => {})
