#!/usr/bin/env bash
# check.sh — holds the Dockerfile against the finished program, where there is no Docker engine to build it.
#
#     check.sh BINARY
#
# Every package that the Dockerfile installs exists; every shared library that the program needs is found and comes
# from a package that the runtime stage installs, from one of those packages' dependencies, or from the base system.
# Means something only on the Debian that the runtime stage names: elsewhere it says so and passes.
set -euo pipefail
binary=$1
dockerfile=$(cd "$(dirname "$0")/../.." && pwd)/Dockerfile
passed=0 failed=0

ok() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "  FAIL  $*"; }

# The packages of each `apt-get install`, one stage per line; continued lines are joined first.
stages() {
    sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' "$dockerfile" |
        grep -oE 'apt-get install [^&]*' | sed -E 's/apt-get install//; s/(^| )-[^ ]+//g'
}

# These packages and every Debian's own, with all that they depend on.
provided() {
    local base
    mapfile -t base < <(dpkg-query -W -f '${Priority} ${Package}\n' | sed -n 's/^required //p')
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "$@" "${base[@]}" | grep -oE '^[a-z0-9][a-z0-9.+-]*'
}

# The package that a library belongs to. Where /lib is a link to /usr/lib, dpkg knows only one of the two names.
owner() {
    local path found
    for path in "$1" "$(realpath "$1")" "/usr$1" "${1#/usr}"; do
        if found=$(dpkg-query -S "$path" 2>/dev/null); then
            echo "${found%%:*}"
            return
        fi
    done
    return 1
}

release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
if ! grep -qE "^FROM debian:$release-slim" "$dockerfile"; then
    echo "The Dockerfile's runtime is not this system ($release): not checked here."
    exit 0
fi

while read -r package; do
    # A package that cannot be installed has `Candidate: (none)`, an unknown one no such line.
    if [[ $(apt-cache policy "$package") == *"Candidate: "[^\(]* ]]; then ok; else fail "no package $package"; fi
done < <(stages | xargs -n 1)

read -ra runtime < <(stages | tail -n 1)
declare -A there=()
while read -r package; do there[$package]=yes; done < <(provided "${runtime[@]}")

libraries=$(ldd "$binary" | grep -vE 'linux-vdso')
while read -r line; do
    case $line in
        *"not found"*) fail "$line"; continue ;;
        *"=> "*) path=$(awk '{print $3}' <<<"$line") ;;
        *) path=$(awk '{print $1}' <<<"$line") ;;
    esac
    package=$(owner "$path") || { fail "$path belongs to no package"; continue; }
    if [[ -n ${there[$package]:-} ]]; then ok; else fail "$path is in $package, which the runtime stage lacks"; fi
done <<<"$libraries"

if grep -q 'libswift' <<<"$libraries"; then fail "the Swift runtime is not linked statically"; else ok; fi

echo "$passed passed, $failed failed"
(( failed == 0 ))
