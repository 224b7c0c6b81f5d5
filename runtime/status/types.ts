/**
 * What a run and its pods are, as every report shows it: the object that `mydocker get`, the JSON report, the HTML page and the metrics
 * are made of. Names follow Kubernetes' Pod API (core/v1) where it has one. Plain data: bytes, millicores, microseconds of CPU time,
 * and points in time as milliseconds since the epoch.
 */
export interface RunReport {
  /** Of this format; another number when what is here changes its meaning. */
  readonly schemaVersion: 1
  readonly run: RunInfo
  readonly node: NodeInfo
  /** In the order in which Vitest gave them to the pool. */
  readonly pods: readonly PodStatus[]
  /** Events that belong to no pod, such as those of the host. */
  readonly events: readonly PodEvent[]
}

export interface RunInfo {
  /** Unique among the runs of a project: also the name of its file. */
  readonly id: string
  readonly root: string
  /** Pid of Vitest's main process. */
  readonly pid: number
  readonly vitest: string
  readonly startTime: number
  /** Undefined while the run goes on. */
  readonly endTime?: number | undefined
}

/** What pods share: Kubernetes' Node. */
export interface NodeInfo {
  readonly allocatable: { readonly memory: number; readonly cpu: number }
  readonly maxWorkers: number
}

/** Why a pod has failed, by the words of Kubernetes' PodStatus and ContainerStateTerminated; `Unschedulable` is that of its PodScheduled condition. */
export type FailureReason = 'OOMKilled' | 'DeadlineExceeded' | 'StartError' | 'Error' | 'Evicted' | 'Unschedulable'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

/** One test file, or with `isolate: false` the files that share a container. */
export interface PodStatus {
  /** Unique in its run: the host name. */
  readonly name: string
  /** Name of the Vitest project; empty for the only one. */
  readonly project: string
  /** Test files, relative to the root of their project; the first one names the pod. */
  readonly files: readonly string[]
  readonly phase: PodPhase
  readonly qosClass: QosClass
  readonly requests: PodResources
  readonly limits: PodResources & {
    readonly swap?: number | undefined
    readonly pids?: number | undefined
    readonly ephemeralStorage?: number | undefined
  }
  readonly network: string
  readonly restartPolicy: 'Never' | 'OnFailure'
  /** How often it may be restarted. */
  readonly backoffLimit?: number | undefined
  /** Why it has failed. What can never be scheduled fails at once; in Kubernetes it would be Pending for ever. */
  readonly reason?: FailureReason | undefined
  /** The sentence of that. */
  readonly message?: string | undefined
  /** Attempts that had failed and were followed by another one. */
  readonly restartCount: number
  /** Whether it has passed after it had failed. */
  readonly flaky: boolean
  /** The last one is the one that counts. Empty while it is Pending for the first time. */
  readonly attempts: readonly Attempt[]
  readonly services: readonly ServiceStatus[]
  readonly events: readonly PodEvent[]
  /** When Vitest gave the file to the pool. */
  readonly createdTime: number
  /** When it was over: removed. */
  readonly finishedTime?: number | undefined
}

export interface PodResources {
  readonly memory?: number | undefined
  /** Millicores. */
  readonly cpu?: number | undefined
}

/** One container of a pod, from the moment that it waits for its turn: what a restart makes anew. */
export interface Attempt {
  /** From 1. */
  readonly number: number
  readonly outcome: 'running' | 'passed' | 'failed'
  readonly reason?: FailureReason | undefined
  readonly message?: string | undefined
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly times: AttemptTimes
  /** Tests of the files, by their state at the end. */
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number }
  readonly memoryLimit?: number | undefined
  readonly peakMemory?: number | undefined
  readonly cpuMicroseconds?: number | undefined
  /** Time in which it was not let run for its `limits.cpu`. */
  readonly throttledMicroseconds?: number | undefined
  /** Size of the files that it had written, in its upper layers, at its end. */
  readonly bytesWritten?: number | undefined
  /** Paths that it wrote outside of its project and of temporary directories; absent when nobody has asked for them. */
  readonly filesWrittenOutside?: readonly string[] | undefined
  /** TCP and UDP ports that it listened on, as far as they were seen: `tcp/3000`. */
  readonly portsOpened?: readonly string[] | undefined
  readonly leftBehind: readonly { readonly pid: number; readonly command: string }[]
  /** Connections that could not be made: `connect 10.0.0.1:80`, `getaddrinfo example.org`. */
  readonly connectionsRefused: readonly string[]
  readonly deniedCalls: readonly string[]
  /** What a hermetic test would not have done (hermetic.ts); absent when nobody has asked. */
  readonly hermeticity?: readonly HermeticFinding[] | undefined
}

/** Undefined: not reached. They never decrease in this order. */
export interface AttemptTimes {
  /** It waits to be admitted. */
  readonly pending: number
  /** It was admitted: its requests are reserved from here to `stopped`. */
  readonly admitted?: number | undefined
  /** Its container is there, and its services are ready. */
  readonly started?: number | undefined
  /** Its last file was over. */
  readonly ran?: number | undefined
  /** Its container has been removed. */
  readonly stopped?: number | undefined
}

/** Kubernetes' ContainerStatus of a side container. */
export interface ServiceStatus {
  readonly name: string
  readonly state: 'waiting' | 'running' | 'terminated'
  readonly ready: boolean
  readonly restartCount: number
  readonly reason?: string | undefined
  readonly exitCode?: number | undefined
  readonly startedTime?: number | undefined
  readonly readyTime?: number | undefined
  readonly peakMemory?: number | undefined
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning'
  /** One CamelCase word: `Scheduled`, `Pulled`, `Started`, `OOMKilling`, `BackOff`. */
  readonly reason: string
  readonly message: string
  readonly firstTime: number
  readonly lastTime: number
  readonly count: number
}

/** One thing that makes the outcome of a file depend on what is around it. */
export interface HermeticFinding {
  readonly kind: 'file-written' | 'environment' | 'network' | 'time-zone' | 'left-behind'
  /** What was touched: a path, a variable's name, an address, a process. */
  readonly what: string
}
