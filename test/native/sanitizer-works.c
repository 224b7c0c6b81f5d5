/* sanitizer-works memory|arithmetic: does wrong in a process that has nothing, as PID 1 of a pod has. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  pid_t child = fork();
  if (child != 0) return waitpid(child, NULL, 0) < 0;
  close_range(0, ~0u, 0);
  volatile int number = INT_MAX;
  char *volatile memory = malloc(1);
  free(memory);
  if (argc > 1 && !strcmp(argv[1], "memory")) return *memory;
  number++;
  return 0;
}
