import { attacks } from '../attack.ts'

const DENIED = /^(EPERM|EACCES)$/

export const capabilities = attacks('capabilities', {
  'have more than Docker’s default set': {
    attempt: ({ fs }) => {
      const allowed = 0x00000000a80425fbn
      const status = fs.readFileSync('/proc/self/status', 'utf8')
      const sets = [...status.matchAll(/^Cap(?:Prm|Eff|Bnd|Amb|Inh):\s+(\w+)$/gm)].map(([, set]) => BigInt(`0x${set}`))
      return sets.length === 5 && sets.every((set) => (set & ~allowed) === 0n) ? 'none' : sets.join()
    },
    held: /^none$/,
  },
  'raise one with capset': {
    // _LINUX_CAPABILITY_VERSION_3, and all capabilities.
    attempt: ({ call }) => call('capset', '\x22\x05\x08\x20\0\0\0\0', '\xff'.repeat(24)),
    held: DENIED,
  },
  'put one back into the bounding set by a new program': {
    attempt: ({ sh }) =>
      sh(
        'cp /usr/bin/perl /var/tmp/p && setcap cap_sys_admin+ep /var/tmp/p && /var/tmp/p -e "open F, q(/proc/self/status); print grep /CapEff/, <F>"',
      ),
    held: /CapEff:\s+0{8}(0{8}|a80425fb)|not permitted|not found/,
  },
  'become root of the host by a set-user-id program': {
    attempt: ({ sh, fs }) => {
      const mode = fs.statSync('/usr/bin/su').mode & 0o4000
      return mode === 0 ? 'no su' : sh('grep NoNewPrivs /proc/self/status; su -c "id -u" </dev/null; true')
    },
    held: /^NoNewPrivs:\t1\n(?!.*\buid=0)/,
  },
  'take no_new_privs back': {
    // PR_SET_NO_NEW_PRIVS
    attempt: ({ call }) => call('prctl', 38, 0, 0, 0, 0),
    held: /^EINVAL$/,
  },
  'set the clock': { attempt: ({ call }) => call('clock_settime', 0, '\0'.repeat(16)), held: DENIED },
  'load a module': { attempt: ({ call }) => call('init_module', '', 0, ''), held: DENIED },
  reboot: {
    // LINUX_REBOOT_CMD_CAD_OFF: harmless where it is allowed.
    attempt: ({ call }) => call('reboot', 0xfee1dead, 672274793, 0, 0),
    held: DENIED,
  },
})
