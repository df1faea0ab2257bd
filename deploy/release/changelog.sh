#!/bin/sh
# Prints the section of CHANGELOG.md for a version, or what is unreleased where it has none: changelog.sh VERSION
set -eu
file=$(dirname "$0")/../../CHANGELOG.md
section() {
    awk -v title="## $1" '
        $0 == title || index($0, title " ") == 1 { inside = 1; next }
        /^## / { inside = 0 }
        inside' "$file"
}
text=$(section "$1")
[ -n "$text" ] || text=$(section Unreleased)
[ -n "$text" ] || {
    echo "CHANGELOG.md has no section for $1, and nothing that is unreleased" >&2
    exit 65
}
printf '%s\n' "$text"
