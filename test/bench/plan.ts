import type { VitestVersion } from './command-line.ts'
import type { PoolName } from './pools.ts'
import type { SuiteName } from './suites.ts'

/** What a run compares unless the command line says otherwise: what half an hour on two cores allows and the bars need. */
interface Plan {
  readonly vitest: readonly VitestVersion[]
  readonly pools: readonly PoolName[]
}

export const plan: Readonly<Record<SuiteName, Plan>> = {
  small: {
    vitest: ['4.1', '5.1'],
    pools: ['forks', 'threads', 'vmThreads', 'no-isolate', 'mydocker-exec', 'mydocker-zygote'],
  },
  jsdom: { vitest: ['5.1'], pools: ['forks', 'vmThreads', 'no-isolate', 'mydocker-zygote', 'mydocker-warm'] },
  imports: { vitest: ['5.1'], pools: ['forks', 'vmThreads', 'no-isolate', 'mydocker-zygote', 'mydocker-warm'] },
  cpu: { vitest: ['5.1'], pools: ['forks', 'mydocker-zygote'] },
  many: { vitest: ['5.1'], pools: ['mydocker-zygote'] },
}
