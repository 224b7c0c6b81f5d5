import process from 'node:process'

/**
 * MYDOCKER_TEST_START: how the containers of end-to-end tests get their Node where a test does not say so itself. Undefined: as the
 * plugin decides.
 */
export const testStart: 'zygote' | 'exec' | undefined = parse(process.env.MYDOCKER_TEST_START)

function parse(value: string | undefined): typeof testStart {
  if (value === undefined || value === '') return undefined
  if (value === 'zygote' || value === 'exec') return value
  throw new Error(`MYDOCKER_TEST_START is 'zygote' or 'exec', not '${value}'`)
}
