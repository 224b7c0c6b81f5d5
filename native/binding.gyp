{
  "target_defaults": {
    "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wformat=2", "-fstack-protector-strong",
               "-fvisibility=hidden", "<!@(sh supported.sh -fstack-clash-protection '-fcf-protection|-mbranch-protection=standard' '-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3|-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2')"],
    "cflags!": ["-Wno-unused-parameter"],
    "ldflags": ["-Wl,-z,relro,-z,now,-z,noexecstack"]
  },
  "targets": [
    {
      "target_name": "mydocker",
      "product_name": "libmydocker",
      "type": "shared_library",
      "sources": ["library.c", "zygote.c", "inheritance.c", "dirty.c", "huge.c", "descriptors.c", "plan.c", "record.c", "error.c", "text.c", "files.c", "namespaces.c", "privileges.c",
                  "payload.c", "seccomp.c"]
    },
    {
      "target_name": "mydocker-compact",
      "product_name": "libmydocker-compact",
      "type": "shared_library",
      "sources": ["compact.c"]
    },
    {
      "target_name": "mydocker-init",
      "type": "executable",
      "cflags!": ["-fPIC", "-rdynamic"],
      "cflags": ["-fPIE"],
      "ldflags!": ["-rdynamic"],
      "ldflags": ["<!@(sh supported.sh '-static-pie -fPIE|-static')"],
      "sources": ["init.c", "launcher.c", "plan.c", "record.c", "error.c", "text.c", "files.c", "descriptors.c", "namespaces.c", "enter.c", "visit.c", "mounts.c", "overlay.c",
                  "network.c", "netlink.c", "bridge.c", "conditions.c", "egress.c", "privileges.c", "payload.c", "seccomp.c", "reaper.c", "janitor.c"]
    }
  ]
}
