#!/usr/bin/env bash
# check.sh — holds the Dockerfile against the finished program, where there is no Docker engine to build it.
#
#     check.sh BINARY
#
# What the Dockerfile copies, as far as .dockerignore lets it through, is a whole package, and the links in it lead
# somewhere. Every package that the Dockerfile installs exists; every shared library that the program needs is found and
# comes from a package that the runtime stage installs, from one of those packages' dependencies, or from the base system.
# The packages mean something only on the Debian that the runtime stage names: elsewhere it says so.
set -euo pipefail
binary=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
dockerfile=$root/Dockerfile
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

# What `COPY` takes of the sources, each name by itself: of the first stage, up to its build.
copied() {
    sed -n '/^RUN swift build/q; s/^COPY //p' "$dockerfile" | awk '{ for (i = 1; i < NF; i++) print $i }'
}

# Puts what is copied and not ignored into a directory where nothing else is, and looks at it as the build does.
check_sources() {
    local name source
    source=$(mktemp -d)
    while read -r name; do
        if ! grep -qxF "!$name" "$root/.dockerignore"; then
            fail ".dockerignore keeps $name out"
        elif ! cp -a "$root/$name" "$source/"; then
            fail "there is no $name to copy"
        fi
    done < <(copied)
    if swift package --package-path "$source" describe >/dev/null; then ok; else fail "what is copied is no package"; fi
    while read -r name; do fail "$name leads nowhere"; done < <(find "$source" -path "$source/.build" -prune -o -xtype l -print)
    rm -rf "$source"
}
check_sources

release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
if ! grep -qE "^FROM debian:$release-slim" "$dockerfile"; then
    echo "The Dockerfile's runtime is not this system ($release): its packages are not checked here."
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
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
