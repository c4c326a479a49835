#!/bin/sh
# Installs Debian packages that are missing: need.sh PACKAGE...
set -eu
missing=
for p in "$@"; do
	dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
	echo "need.sh:$missing missing: install them (apt-get install$missing)" >&2
	exit 1
fi
echo "installing$missing" >&2
apt-get update -qq >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
