#pragma once

/* Of x86-64 and arm64 with pages of 4 KiB. */
#define HUGE_BYTES ((uintptr_t)2 << 20)

/* Bits of an entry of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_EXCLUSIVE (UINT64_C(1) << 56)
