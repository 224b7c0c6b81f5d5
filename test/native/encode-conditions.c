/* Prints, in hexadecimal, the request that sets the network conditions NAME DELAY JITTER LOSS RATE
 * (native/conditions.h) on the interface of number INDEX. Run by test/unit/conditions.test.ts. */
#include <stdio.h>
#include <stdlib.h>

#include "../../native/conditions.h"

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  struct step step = {.count = 6, .strings = (const char **)argv};
  struct netlink request;
  struct error error = {0};
  if (conditions_encode(&step, (unsigned int)atoi(argv[6]), &request, &error) < 0) return 1;
  for (size_t i = 0; i < request.length; i++)
    printf("%02x", (unsigned char)request.bytes[i]);
  return 0;
}
