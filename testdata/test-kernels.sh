#!/bin/sh
# The recorder on the kernels of the matrix, in qemu: test-kernels.sh GO KERNELS LSM ARCH LOCKDOWN
#
#	make test-kernels                            6.12, with and without bpf in lsm=
#	KERNEL="5.10 6.12" LSM=off make test-kernels
#	ARCH=arm64 LSM=on make test-kernels
#	KERNEL=6.18 LSM=on LOCKDOWN="integrity confidentiality" make test-kernels
#	FULL=1 make test-kernels                     every line, arm64, and lockdown
#	FULL=1 FETCH=1 make test-kernels             fetch and unpack the kernels only
#	JOBS=1 make test-kernels                     one guest at a time; two are the rule
set -u
GO=${1:-go} kernels=${2:-6.12} lsm=${3:-on off} arch=${4:-amd64} lockdown=${5:-none}
packages="gcc libc6-dev debian-archive-keyring xz-utils"
set -- -kernel "$kernels" -lsm "$lsm" -arch "$arch" -lockdown "$lockdown"
if [ "${FULL:-}" = 1 ]; then
	arch="amd64 arm64"
	set -- "$@" -full
fi
[ "${FETCH:-}" != 1 ] || set -- "$@" -fetch
[ -z "${JOBS:-}" ] || set -- "$@" -j "$JOBS"
for a in $arch; do
	case $a in
	amd64) packages="$packages qemu-system-x86" ;;
	arm64) packages="$packages qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
	esac
done
# shellcheck disable=SC2086 # a list
sh "$(dirname "$0")/need.sh" $packages || exit 1
mkdir -p bin
$GO build -o bin/test-kernels ./recorder/matrix/kernels || exit 1
exec bin/test-kernels "$@"
