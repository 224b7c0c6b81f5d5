// @mydocker workingDir=./no-such-directory
import { test } from 'vitest'

test('is never run', () => {})
