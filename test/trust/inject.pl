# inject.pl PRCTL NUMBER ERRNO COMMAND...: runs a command in which a system call fails (seccomp(2), SECCOMP_RET_ERRNO).
my ($prctl, $number, $errno, @command) = @ARGV;
my $filter = pack '(SCCL)*', 0x20, 0, 0, 0, 0x15, 0, 1, $number, 0x06, 0, 0, 0x50000 | $errno, 0x06, 0, 0, 0x7fff0000;
my $program = pack 'S x6 P', 4, $filter;
# PR_SET_NO_NEW_PRIVS only for those who need it, as it also stops newuidmap.
syscall($prctl + 0, 38, 1, 0, 0, 0) if $> != 0;
syscall($prctl + 0, 22, 2, $program) == 0 or die "prctl: $!\n"; # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
exec @command or die "exec: $!\n";
