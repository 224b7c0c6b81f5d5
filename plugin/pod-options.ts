import type { Service } from './service-options.ts'

/**
 * What a test file's container is to be. Names and meanings follow the Kubernetes Pod API where it has one; quantities
 * are Kubernetes quantities (`'256Mi'`, `'500m'`) or plain numbers (bytes, cores).
 *
 * Given to `mydocker()`, in a project's `test.mydocker`, in `overrides`, and (as far as a line can hold it) in a file's docblock
 * `// @mydocker limits.memory=64Mi network=host`. The later of these wins, option by option: objects are merged, lists replaced.
 */
export interface PodOptions extends FileOptions {
  /** Other options for some test files. All that match apply in order, so that the last match wins. */
  overrides?: PodOverride[] | undefined
  /** What is told at the end of the run. */
  report?: ReportOptions | undefined
}

/** Options for the test files that `include` matches. */
export interface PodOverride extends FileOptions {
  /** Globs relative to the project's root. One that matches no test file of the project is an error. */
  include: string[]
}

/** The options that may differ from file to file. */
export interface FileOptions {
  /**
   * The lower layers of the root file system. `'host'`: this machine's files, copy-on-write.
   * @default 'host'
   */
  image?: 'host' | undefined
  /**
   * How the container gets its Node. `'zygote'`: a process that has Vitest loaded is forked into it; `'exec'`: Node is started
   * cold in it; `'auto'`: a zygote, but `'exec'` where that is impossible or slower. Where a zygote cannot be had, an event says why.
   * @default 'auto'
   */
  start?: 'zygote' | 'exec' | 'auto' | undefined
  /**
   * Packages that the zygote loads ahead, as a test file imports them (`'react-dom/client'`): what setup files import is worth
   * most. They are loaded once for all files, so none may keep state that tests would notice.
   */
  warm?: string[] | undefined
  /**
   * Seed of Math.random: with one, a file gets the same numbers in every run. Without, no two containers get the same.
   */
  seed?: number | undefined
  resources?: ResourceOptions | undefined
  /**
   * `'none'`: a loopback of its own and nothing else; `'host'`: the network of this machine; `'bridge'`: besides a loopback of its
   * own, a network that all files of the run with this mode share, where each is found by the name `<hostname>.mydocker`. What
   * `globalSetup` listens on is reachable in every mode. This short form sets the whole of it: no `hostPorts`, for one.
   * @default 'none'
   */
  network?: 'none' | 'host' | 'bridge' | NetworkOptions | undefined
  /** RFC 1123 label. By default it is made from the file's name. */
  hostname?: string | undefined
  /**
   * Variables that are set on top of what Vitest gives its workers: its own environment and `test.env`.
   * `'clean'`: forgets the environment of Vitest but for what programs need (PATH, HOME, locale and the like) and what Node and
   * Vitest are configured by; and what weaker layers have set here.
   */
  env?: 'clean' | Record<string, string> | undefined
  /**
   * Directory in which the test file starts, relative to the project's root.
   * @default the directory that Vitest was started in
   */
  workingDir?: string | undefined
  securityContext?: SecurityContext | undefined
  /** Directories and files put into the container. A list replaces that of a weaker layer. */
  volumes?: Volume[] | undefined
  /** Programs that run beside the file, on its loopback: databases, caches. A list replaces that of a weaker layer. */
  services?: Service[] | undefined
  /** Globs relative to the project's root: what the file writes there survives its container. Snapshots always do. */
  persist?: string[] | undefined
  /**
   * `'OnFailure'`: a file that fails is run again, each time in a fresh container, until it passes or `backoffLimit` is reached. What it
   * reports counts only for its last attempt; the end summary says `FLAKY 2/3` for one that has passed at last, with every attempt's outcome.
   * @default 'Never'
   */
  restartPolicy?: 'Never' | 'OnFailure' | undefined
  /**
   * How often a file is run again at most (`restartPolicy: 'OnFailure'`). Kubernetes' default for a Job is 6.
   * @default 2
   */
  backoffLimit?: number | undefined
  /**
   * Factor by which `limits.memory` is raised for the attempt after an OOM kill (`restartPolicy: 'OnFailure'`), up to what the machine can
   * give. An event says which limit would have been enough. Without, the limit stays.
   */
  memoryBackoff?: number | undefined
  /**
   * Runs a file that has passed again, each time in a fresh container, until it fails or has passed as often as this says; then it fails as
   * `Flaky`. For new and changed tests in CI, before they are merged. Not together with `restartPolicy: 'OnFailure'`, which does the opposite.
   */
  flaky?: FlakyOptions | undefined
  /** Bound on the wall-clock time of the file, all phases included. The file fails with reason `DeadlineExceeded`. */
  activeDeadlineSeconds?: number | undefined
  /**
   * Whether to look for what makes the file's outcome depend on what is around it: files written outside of the project and of
   * temporary directories, variables read that nothing declares, the network, the time zone, processes left behind.
   * `'report'`: each such file is warned of at the end; `'enforce'`: it fails with an error `NotHermetic`. With either it has a container
   * of its own, even with `isolate: false`.
   * @default 'off'
   */
  hermetic?: 'off' | 'report' | 'enforce' | undefined
  /**
   * Google's test sizes. A size sets what follows, over options of weaker layers; options beside it or in a stronger layer win.
   * `'small'`: activeDeadlineSeconds 60, network none without hostPorts, hermetic enforce, limits.pids 32;
   * `'medium'`: activeDeadlineSeconds 300, network none (hostPorts stay), hermetic report; `'large'`: activeDeadlineSeconds 900, hermetic off.
   * Where no layer says how much memory, it requests 128Mi, 256Mi or 512Mi, and is limited to 512Mi, 1Gi or the usual share.
   */
  size?: 'small' | 'medium' | 'large' | undefined
  /**
   * `true`: what would be weaker than asked (no memory cgroup, say) is an error; `false`: it is a Warning event.
   * @default true where the environment variable CI is set
   */
  strict?: boolean | undefined
}

/** How a file is shown to be flaky within an ordinary run. `mydocker flaky` finds out why. */
export interface FlakyOptions {
  /** In all, from 2 on. */
  runs: number
  /**
   * Only files that are new or have changed, by git: since the branch that CI is to merge into (GITHUB_BASE_REF, CI_MERGE_REQUEST_DIFF_BASE_SHA),
   * else since the last commit.
   * @default false
   */
  onlyChanged?: boolean | undefined
  /** A revision of git that changes are counted from: `origin/main`. */
  changedSince?: string | undefined
}

/** Kubernetes' ResourceRequirements. */
export interface ResourceOptions {
  /**
   * What the file surely needs, and by which it is admitted: files run at the same time as long as their requests fit together into
   * what this machine can allocate. Never more than the limit; more than the machine has is a failure of the file, `Unschedulable`.
   */
  requests?:
    | {
        /** @default what the file needed in its last five runs and 15 % more, at most the limit; '128Mi' for one that has never run */
        memory?: string | number | undefined
        /**
         * Cores. Also its weight when there are not enough for all.
         * @default none
         */
        cpu?: string | number | undefined
      }
    | undefined
  /** What the file cannot exceed. */
  limits?:
    | {
        /**
         * Memory of all processes of the container and of the files that they write. More is an OOM kill. At least `64Mi`.
         * @default this machine's memory without a reserve for Vitest's main process, divided by `maxWorkers`, but at least the request
         */
        memory?: string | number | undefined
        /** CPU time per wall-clock time: `'500m'` is half a core. At least `10m`. */
        cpu?: string | number | undefined
        /**
         * Processes and threads. At least 16.
         * @default 512
         */
        pids?: string | number | undefined
        /**
         * Files that the container writes, /tmp and /dev/shm included. More is ENOSPC; a file that leaves it full fails with reason
         * `Evicted`. They live in memory and are charged to the memory limit as they are written, so it bounds them too.
         * @default '2Gi'
         */
        'ephemeral-storage'?: string | number | undefined
        /**
         * Swap that the container may use besides its memory, where the machine has some.
         * @default none
         */
        swap?: string | number | undefined
      }
    | undefined
}

export interface NetworkOptions {
  /** @default 'none' */
  mode?: 'none' | 'host' | 'bridge' | undefined
  /** TCP ports of this machine's loopback that the container reaches on its own loopback, besides those of `globalSetup`. */
  hostPorts?: number[] | undefined
  /**
   * With mode `bridge`: a way out to what this machine reaches, by `pasta` (package passt) or `slirp4netns`, one of which must be
   * installed.
   * @default false
   */
  egress?: boolean | undefined
  conditions?: NetworkConditionOptions | undefined
}

/**
 * How bad the network is: for what the container sends over the bridge, or in mode `none` over its loopback. By netem (tc-netem(8)), which
 * the kernel must have.
 */
export interface NetworkConditionOptions {
  /** By how much each packet is late: `'100ms'`. */
  delay?: string | undefined
  /** By how much that varies, more or less: `'10ms'`. */
  jitter?: string | undefined
  /** How many packets are lost: `'1%'`. */
  loss?: string | undefined
  /** Kubernetes quantity of bits a second: `'10M'`. */
  rate?: string | number | undefined
}

/** Of Kubernetes' SecurityContext what applies here. */
export interface SecurityContext {
  /** Numeric user id inside the container. */
  runAsUser?: number | undefined
  /** Numeric group id inside the container. */
  runAsGroup?: number | undefined
  /** `{ drop: ['ALL'] }`: no capabilities, even inside the container's own user namespace. */
  capabilities?: { drop?: 'ALL'[] | undefined } | undefined
}

/** Kubernetes' Volume and VolumeMount in one. Exactly one of `hostPath` and `emptyDir` is given. */
export interface Volume {
  /** Absolute path inside the container. */
  mountPath: string
  /** File or directory of this machine, relative to the project's root. Writes reach it, unless `readOnly`. */
  hostPath?: string | undefined
  /** A directory that starts empty and is gone with the container. */
  emptyDir?: Record<never, never> | undefined
  /** @default false */
  readOnly?: boolean | undefined
}

export interface ReportOptions {
  /**
   * The line on pods while they run, and their summary after Vitest's own. With many pods it has tables of those that needed most
   * memory and time; `'full'`: always.
   * @default true
   */
  summary?: boolean | 'full' | undefined
  /**
   * The run and its pods as JSON, by the schema `vitest-pool-mydocker/schema/run-report.schema.json`. `true`: `mydocker-report.json`.
   * Paths are relative to the project's root; directories are made.
   */
  json?: boolean | string | undefined
  /** The same as a page that needs nothing else: timeline, memory, and a table of pods. `true`: `mydocker-report.html`. */
  html?: boolean | string | undefined
  /** The same in the text format of OpenMetrics, for those who scrape. `true`: `mydocker-metrics.txt`. */
  openmetrics?: boolean | string | undefined
}
