import process from 'node:process'

/** Whether the tests run as real root. */
export const isRoot = process.getuid?.() === 0

/** Skips for a missing capability become failures: set where the tests are known to be able to do everything. */
export const mustWork = process.env.MYDOCKER_MUST_WORK === '1'

/** MYDOCKER_TEST_PATIENCE: by how much bounds for a hang are longer, on a machine that is slow because it is emulated. */
export const patience = Number(process.env.MYDOCKER_TEST_PATIENCE ?? 1)
