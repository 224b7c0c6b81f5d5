import './augmentation.ts'

export type {
  HttpGetAction,
  NetworkOptions,
  PodOptions,
  PodOverride,
  ReadinessProbe,
  ReportOptions,
  ResourceOptions,
  SecurityContext,
  Service,
  ServiceResources,
  ServiceSecurityContext,
  ServiceTemplate,
  Volume,
} from './options.ts'
export { mydocker } from './plugin.ts'
