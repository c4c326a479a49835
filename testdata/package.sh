#!/bin/sh
# Builds the packages: package.sh GO GOARCH. Everything in them has the time of
# the commit, so that the same commit gives the same bytes.
set -eu
go=$1 arch=$2
date=$(git log -1 --format=%ct)
version=$(git describe --tags --match 'v[0-9]*' 2>/dev/null | sed 's/^v//; s/-/+/; s/-/./g' || true)
[ -n "$version" ] || version=0.0.0+$(git log -1 --format=%cd --date=format:%Y%m%d).$(git rev-parse --short=12 HEAD)
out=bin/packages ref=bin/reference
rm -rf "$ref" && mkdir -p "$out" "$ref/doc"

# Man pages and completions come from the commands themselves, on this machine's architecture.
CGO_ENABLED=0 $go run -trimpath -tags reference ./cmd/tracerec reference --date "$date" "$ref"
sed 's#/usr/local/bin/tracerec#/usr/bin/tracerec#; 1,/^\[Unit\]/{/^#/d}' docs/examples/tracerec.service >"$ref/tracerec.service"
cat >"$ref/doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tracerec

Files: *
Copyright: 2026 The tracerec authors
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.

Files: bpf/c/*
Copyright: 2026 The tracerec authors
License: GPL-2.0-only or BSD-2-Clause
 The programs in BPF objects, which are part of the binary. On Debian systems
 the full text of the former is in /usr/share/common-licenses/GPL-2.
END
{
	echo "tracerec ($version-1) unstable; urgency=medium"
	echo
	echo "  * See changelog.gz for what has changed."
	echo
	echo " -- The tracerec authors <maintainers@tracerec.example>  $(date -u -R -d "@$date")"
} >"$ref/doc/changelog.Debian"
cp CHANGELOG.md "$ref/doc/changelog"
find "$ref/man1" "$ref/doc/changelog" "$ref/doc/changelog.Debian" -type f -exec gzip -9nf {} +

mkdir -p bin/linux-"$arch"
GOOS=linux GOARCH=$arch CGO_ENABLED=0 $go build -trimpath -buildvcs=true -ldflags=-s -o bin/linux-"$arch"/tracerec ./cmd/tracerec
rpmarch=$(test "$arch" = amd64 && echo x86_64 || echo aarch64)
rm -f "$out"/*_"$arch".deb "$out"/*."$rpmarch".rpm # of other commits
(cd cmd/package && $go build -trimpath -o ../../bin/package .)
bin/package -binary bin/linux-"$arch"/tracerec -reference "$ref" -version "$version" -arch "$arch" -date "$date" -o "$out"
# What it was built from, with the hash of every module: a bill of materials.
$go version -m bin/linux-"$arch"/tracerec | sed 's/^[^:]*: /tracerec: /' >"$out/tracerec_$arch.sbom.txt"
