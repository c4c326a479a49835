#!/bin/sh
# The recorder on the kernels of the matrix, in qemu: test-kernels.sh GO KERNELS LSM
#
#	make test-kernels                            6.12, with and without bpf in lsm=
#	KERNEL="5.10 6.12" LSM=off make test-kernels
#	FULL=1 make test-kernels                     every line
set -u
GO=${1:-go} kernels=${2:-6.12} lsm=${3:-on off}
sh "$(dirname "$0")/need.sh" qemu-system-x86 gcc libc6-dev debian-archive-keyring xz-utils || exit 1
set -- -kernel "$kernels" -lsm "$lsm"
[ "${FULL:-}" = 1 ] && set -- -full
mkdir -p bin
$GO build -o bin/test-kernels ./recorder/matrix/kernels || exit 1
exec bin/test-kernels "$@"
