#pragma once

/* In a fork: what the heap grows by comes in huge pages from now on. Found by name, as the library is loaded
 * only where nothing else is preloaded. */
void compact_open_arena(void);
