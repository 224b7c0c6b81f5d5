import type { ResourceOptions, Volume } from './pod-options.ts'

/**
 * A side container in the pod of a test file: a program of its own in a container of its own, which shares the file's network, so that
 * its servers are at `localhost`, and IPC. Names and meanings are those of Kubernetes' Container. Services are started in the order of
 * the list, each when the one before it is ready, and the file begins when all are; they are stopped in reverse order.
 */
export interface Service {
  /** RFC 1123 label, unique in the list. Also its host name. */
  name: string
  /** @default 'host' */
  image?: 'host' | undefined
  /** The program, on the PATH of `env` or an absolute path, and its arguments. */
  command: string[]
  /** More arguments. */
  args?: string[] | undefined
  /** On top of PATH, HOME, locale and time zone of Vitest's own environment: nothing else of it is passed on. */
  env?: Record<string, string> | undefined
  /** Relative to the project's root, which is the default; the service's user must be let in. */
  workingDir?: string | undefined
  resources?: ServiceResources | undefined
  securityContext?: ServiceSecurityContext | undefined
  /** What it writes elsewhere is gone with the pod. */
  volumes?: Volume[] | undefined
  /** A directory that is made once for all pods and runs. */
  template?: ServiceTemplate | undefined
  /** Without one it is ready as soon as its program runs. */
  readinessProbe?: ReadinessProbe | undefined
  /**
   * What follows when it ends while tests run. One that ends before it is ready fails the file.
   * @default 'Always'
   */
  restartPolicy?: 'Always' | 'OnFailure' | 'Never' | undefined
  /** Commands that are run in its container. */
  lifecycle?: ServiceLifecycle | undefined
  /**
   * From SIGTERM (or the beginning of `preStop`) to SIGKILL. 0: SIGKILL at once, as nothing of it is kept.
   * @default 2
   */
  terminationGracePeriodSeconds?: number | undefined
}

/** Kubernetes' Lifecycle. */
export interface ServiceLifecycle {
  /** As soon as the program runs, before it is asked whether it is ready. Another end than 0 fails the file. */
  postStart?: { exec: { command: string[] } } | undefined
  /** Before SIGTERM. */
  preStop?: { exec: { command: string[] } } | undefined
}

type Requests = NonNullable<ResourceOptions['requests']>
type Limits = NonNullable<ResourceOptions['limits']>

/** Its requests count for those of the pod; its limits are its own, and more memory is an OOM kill of the service alone. */
export interface ServiceResources {
  /** @default memory `'64Mi'`, or the limit if that is lower */
  requests?: Pick<Requests, 'memory' | 'cpu'> | undefined
  /** Of any size. @default memory as of the test file, pids 512, ephemeral-storage `'2Gi'` */
  limits?: Pick<Limits, 'memory' | 'cpu' | 'pids' | 'ephemeral-storage'> | undefined
}

export interface ServiceSecurityContext {
  /**
   * Numeric user id inside the container: where Vitest is run by an ordinary user, one that the pod has.
   * @default that of the test file
   */
  runAsUser?: number | undefined
  runAsGroup?: number | undefined
  /**
   * Never as root, which programs such as PostgreSQL refuse: where Vitest is run by root, and `runAsUser` says nothing, as nobody (65534).
   * @default false
   */
  runAsNonRoot?: boolean | undefined
}

/**
 * `command` is run once, in a container like the service's but without network, and what it leaves below `mountPath` is kept in Vitest's
 * cache directory. Every container of the service then has it there, copy-on-write. It is made anew when the command, the environment, the
 * user or the file of the program changes.
 */
export interface ServiceTemplate {
  /** Absolute path inside the container: an empty directory of the service's user when `command` begins. */
  mountPath: string
  command: string[]
}

/** Exactly one of `exec`, `tcpSocket` and `httpGet` is given. It is asked until it has succeeded, and not again after that. */
export interface ReadinessProbe {
  /** Ready when the command, run in the service's container, ends with 0. */
  exec?: { command: string[] } | undefined
  /** Ready when a connection is accepted. */
  tcpSocket?: { port: number; host?: string | undefined } | undefined
  /** Ready when the status is from 200 to 399. */
  httpGet?: HttpGetAction | undefined
  /** @default 0 */
  initialDelaySeconds?: number | undefined
  /** @default 0.05 */
  periodSeconds?: number | undefined
  /** Of one attempt. @default 1 */
  timeoutSeconds?: number | undefined
  /** @default 1 */
  successThreshold?: number | undefined
  /**
   * The file fails when so many periods have gone by.
   * @default as many as there are in 60 s
   */
  failureThreshold?: number | undefined
}

export interface HttpGetAction {
  port: number
  /** @default '/' */
  path?: string | undefined
  /** An address. @default 'localhost': 127.0.0.1, then ::1 */
  host?: string | undefined
  /** Certificates are not verified. @default 'HTTP' */
  scheme?: 'HTTP' | 'HTTPS' | undefined
  httpHeaders?: { name: string; value: string }[] | undefined
}
