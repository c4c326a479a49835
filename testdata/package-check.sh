#!/bin/sh
# Installs, runs and removes the packages in scratch roots, and lets lintian
# read them. Nothing is installed on this machine but the tools for it.
set -eu
arch=${1:-amd64}
sh testdata/need.sh lintian rpm groff-base
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
deb=$(ls bin/packages/tracerec_*_"$arch".deb)
rpm=$(ls bin/packages/tracerec-*."$(test "$arch" = amd64 && echo x86_64 || echo aarch64)".rpm)

fail() {
	echo "package-check: $*" >&2
	exit 1
}
runs() { # ROOT: what is installed there is whole
	[ "$arch" = "$(dpkg --print-architecture)" ] || return 0
	"$1/usr/bin/tracerec" version >/dev/null || fail "the installed binary does not run"
	"$1/usr/bin/tracerec" info testdata/traces/drill.trc >/dev/null || fail "the installed binary does not read a trace"
	go version -m "$1/usr/bin/tracerec" | grep -q "vcs.revision=$(git rev-parse HEAD)" || fail "the binary does not say what it was built from"
	go version -m "$1/usr/bin/tracerec" | grep -q '^	dep	github.com/cilium/ebpf	v.*	h1:' || fail "the binary does not name its modules"
	[ "$(zcat "$1"/usr/share/man/man1/tracerec-record.1.gz | grep -c '^\.SH')" -gt 3 ] || fail "no manual page of record"
	for page in "$1"/usr/share/man/man1/*.gz; do
		said=$(zcat "$page" | groff -man -Tutf8 -ww -rLL=80n 2>&1 >/dev/null) || fail "$page: groff: $said"
		[ -z "$said" ] || fail "$page: groff: $said"
	done
	ls "$1"/usr/lib/systemd/system/*.service >/dev/null || fail "no systemd unit"
	[ -z "$(find "$1"/etc/systemd -name '*.wants' 2>/dev/null)" ] || fail "the unit was enabled: only its user may do that"
}
links() { # ROOT: what documents refer to is in the package
	doc=$1/usr/share/doc/tracerec
	[ "$(find "$doc" -name '*.md' | wc -l)" -gt 10 ] || fail "no documents in $doc"
	find "$doc" -name '*.md' | while read -r page; do
		grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^(https?:|mailto:|$)' | sort -u | while read -r to; do
			[ -e "$(dirname "$page")/$to" ] || echo "${page#"$doc"/} refers to $to"
		done
	done >"$scratch/broken"
	[ ! -s "$scratch/broken" ] || fail "broken links: $(cat "$scratch/broken")"
}
gone() { # ROOT: nothing of it is left
	left=$(find "$1" -path '*tracerec*' ! -path '*/var/lib/*' ! -type d)
	[ -z "$left" ] || fail "left behind: $left"
}

echo "deb: $deb"
lintian --allow-root --fail-on error,warning --suppress-tags "$(sed 's/ *#.*//' testdata/lintian-suppressed | paste -sd,)" "$deb"
root=$scratch/deb
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
dpkg --root="$root" --force-architecture --log=/dev/null -i "$deb" >/dev/null
runs "$root"
links "$root"
dpkg --root="$root" --log=/dev/null --purge tracerec >/dev/null
gone "$root"

echo "rpm: $rpm"
root=$scratch/rpm
mkdir -p "$root"
rpm --root "$root" --initdb
rpm --root "$root" -i --nodeps --ignorearch --nosignature "$rpm"
rpm --root "$root" -V --nodeps tracerec || fail "rpm finds the installed files changed"
runs "$root"
links "$root"
rpm --root "$root" -e --nodeps tracerec
gone "$root"

echo "installed, run and removed in scratch roots: deb and rpm"
