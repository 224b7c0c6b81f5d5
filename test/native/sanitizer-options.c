/* Of the sanitized mydocker-init: an environment would not reach it everywhere. LeakSanitizer would have to
 * trace PID 1; a zygote is started with another library preloaded. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) {
  return "detect_leaks=0:verify_asan_link_order=0:abort_on_error=1:log_path=" LOG;
}

const char *__ubsan_default_options(void) {
  return "print_stacktrace=1:log_path=" LOG;
}
