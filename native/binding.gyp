{
  "target_defaults": {
    "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-fstack-protector-strong", "-fstack-clash-protection",
               "-D_FORTIFY_SOURCE=2", "-fvisibility=hidden"],
    "cflags!": ["-Wno-unused-parameter"],
    "ldflags": ["-Wl,-z,relro,-z,now"]
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
      "ldflags!": ["-rdynamic"],
      "ldflags": ["-static"],
      "sources": ["init.c", "launcher.c", "plan.c", "record.c", "error.c", "text.c", "files.c", "descriptors.c", "namespaces.c", "mounts.c", "overlay.c",
                  "network.c", "privileges.c", "payload.c", "seccomp.c", "reaper.c", "janitor.c"]
    }
  ]
}
