#!/usr/bin/env bash
# require.sh — sees to it that the named Debian packages are installed, or says which command installs them.
#
# Silent and quick when nothing is missing. Installs as root or with a sudo that asks no password; a service that comes
# with a package is not started.
set -euo pipefail

if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian or Ubuntu: make sure that what these packages hold is installed: $*" >&2
    exit 0
fi

missing=()
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
    [[ $status == installed ]] || missing+=("$package")
done
(( ${#missing[@]} )) || exit 0

as_root=()
if (( EUID )); then
    if ! sudo -n true 2>/dev/null; then
        echo "Missing packages. Install them and try again:" >&2
        echo "    sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi

policy=/usr/sbin/policy-rc.d  # asked by Debian's packages before they start a service; 101 forbids it
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
    trap '"${as_root[@]}" rm -f $policy' EXIT
fi

echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -q </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
