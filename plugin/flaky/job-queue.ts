/** Something to be run. */
export interface Job {
  /** Containers of equal kinds are made ahead for one another. */
  readonly kind: string
  /** How far its file has got: those that are behind go first. */
  readonly stage: number
}

/** Jobs that wait. All files get on equally, so that a sweep that is ended early has looked at each; beyond that, jobs of one kind follow one another. */
export class JobQueue<J extends Job> {
  #jobs: J[] = []
  #kind: string | undefined

  get size(): number {
    return this.#jobs.length
  }

  add(job: J): void {
    this.#jobs.push(job)
  }

  drop(isUnwanted: (job: J) => boolean): void {
    this.#jobs = this.#jobs.filter((job) => !isUnwanted(job))
  }

  take(): J | undefined {
    const stage = leastStage(this.#jobs)
    const candidates = this.#jobs.filter((job) => job.stage === stage)
    const counts = new Map<string, number>()
    for (const { kind } of candidates) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (this.#kind === undefined || !counts.has(this.#kind))
      this.#kind = [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
    const index = this.#jobs.findIndex((job) => job.stage === stage && job.kind === this.#kind)
    return index < 0 ? undefined : this.#jobs.splice(index, 1)[0]
  }

  /** @returns how many more of this kind there are before the next one of another kind */
  left(kind: string): number {
    const end = leastStage(this.#jobs.filter((job) => job.kind !== kind))
    return this.#jobs.filter((job) => job.kind === kind && job.stage <= end).length
  }
}

function leastStage(jobs: readonly Job[]): number {
  return jobs.reduce((least, { stage }) => Math.min(least, stage), Number.POSITIVE_INFINITY)
}
