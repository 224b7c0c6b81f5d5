import './augmentation.ts'

export type {
  HttpGetAction,
  NetworkConditionOptions,
  NetworkOptions,
  PodOptions,
  PodOverride,
  ReadinessProbe,
  ReportOptions,
  ResourceOptions,
  SecurityContext,
  Service,
  ServiceLifecycle,
  ServiceResources,
  ServiceSecurityContext,
  ServiceTemplate,
  Volume,
} from './options.ts'
export { mydocker } from './plugin.ts'
