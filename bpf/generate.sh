#!/bin/sh
# Compiles the BPF programs for both architectures into the directory $1, with
# the pinned compiler: the same sources give the same bytes everywhere.
set -eu
out=$1
cd "$(dirname "$0")"
CLANG=${CLANG:-clang-19}
STRIP=${STRIP:-llvm-strip-19}
for pair in amd64:x86 arm64:arm64; do
	obj=$out/tracerec_${pair%%:*}.bpf.o
	"$CLANG" -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_"${pair##*:}" -Wall -Werror \
		-ffile-prefix-map="$PWD"=. -I/usr/include -c c/tracerec.bpf.c -o "$obj"
	"$STRIP" -g "$obj" # keeps BTF
done
