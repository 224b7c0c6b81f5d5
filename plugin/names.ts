/** What a configuration's `pool` says. */
export const POOL_NAME = 'mydocker'

/** Name of the Vite plugin. */
export const PLUGIN_NAME = 'vitest-pool-mydocker'
