import { statfsSync } from 'node:fs'
import type { Bytes, Milliseconds } from './units.ts'

/**
 * So long it has to stay full: a test that fills it on purpose and cleans up is to live, on a machine that is busy too. Kubernetes'
 * kubelet looks every ten seconds.
 */
const FULL_FOR: Milliseconds = 1000

/** How full the tmpfs is that takes what a container writes. */
export class Storage {
  readonly #path: string
  #fullSince: Milliseconds | undefined

  /** @param fd the data tmpfs, owned by the caller */
  constructor(fd: number) {
    this.#path = `/proc/self/fd/${fd}`
  }

  /** With the few files of the host that were copied there when the container was made (rootfs.ts): its command may have begun before we can look. */
  get bytesWritten(): Bytes {
    const { blocks, bfree, bsize } = statfsSync(this.#path)
    return (blocks - bfree) * bsize
  }

  /** Not a block is free: the next write fails with ENOSPC. */
  get isFull(): boolean {
    return statfsSync(this.#path).bfree === 0
  }

  /** To be asked again and again. @returns whether it has been full for a while */
  staysFull(now: Milliseconds = performance.now()): boolean {
    if (!this.isFull) {
      this.#fullSince = undefined
      return false
    }
    this.#fullSince ??= now
    return now - this.#fullSince >= FULL_FOR
  }
}
