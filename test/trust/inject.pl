# inject.pl PRCTL NUMBER[,NUMBER...] ERRNO COMMAND...: runs a command in which system calls fail (seccomp(2), SECCOMP_RET_ERRNO), or,
# where ERRNO is 0, end the process that makes them (SECCOMP_RET_KILL_PROCESS).
my ($prctl, $numbers, $errno, @command) = @ARGV;
my @numbers = split /,/, $numbers;
# Each comparison that holds jumps over the others and the return that allows.
my @comparisons = map { (0x15, @numbers - $_, 0, $numbers[$_]) } 0 .. $#numbers;
my $filter = pack '(SCCL)*', 0x20, 0, 0, 0, @comparisons, 0x06, 0, 0, 0x7fff0000, 0x06, 0, 0, $errno ? 0x50000 | $errno : 0x80000000;
my $program = pack 'S x6 P', @numbers + 3, $filter;
# PR_SET_NO_NEW_PRIVS only for those who need it, as it also stops newuidmap.
syscall($prctl + 0, 38, 1, 0, 0, 0) if $> != 0;
syscall($prctl + 0, 22, 2, $program) == 0 or die "prctl: $!\n"; # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
exec @command or die "exec: $!\n";
