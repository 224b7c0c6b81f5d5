import { flakyLabels } from './flaky/labels.ts'
import { stableLabels } from './stable/labels.ts'

/** What is known of one test of the corpus. */
export interface CorpusLabel {
  /** Relative to the corpus. */
  readonly file: string
  /** Full name. */
  readonly test: string
  /** What a tool is to find: that it is flaky at all, or also on what that depends. */
  readonly label: 'stable' | 'flaky' | 'resource-affected' | 'order-dependent'
  /** Of its cause, or of what it looks like: after Q. Luo et al. (FSE 2014), and M. Eck et al. (ESEC/FSE 2019). */
  readonly category: string
  /** What is wrong with it, or why it is right. */
  readonly note: string
}

export const labels: readonly CorpusLabel[] = [...flakyLabels, ...stableLabels]
