#!/usr/bin/env bash
# require-swift.sh — says in one line what is wrong when the Swift toolchain is missing or too old.
set -euo pipefail
swift=${1:-swift} needed=6.2

if ! command -v "$swift" >/dev/null; then
    echo "Swift $needed or later is needed and '$swift' is not found: https://www.swift.org/install/linux/" >&2
    exit 1
fi
version=$("$swift" --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
if [[ $(printf '%s\n' "$needed" "${version:-0}" | sort -V | head -n 1) != "$needed" ]]; then
    echo "Swift $needed or later is needed and this is ${version:-unknown}: https://www.swift.org/install/linux/" >&2
    exit 1
fi
