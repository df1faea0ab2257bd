#!/bin/sh
# Installs the Debian packages that are named and missing; does nothing, and needs no rights, where
# all are there. As another user than root it asks for them with sudo.
set -eu

missing=""
for package in "$@"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "These Debian packages are missing, and neither root nor sudo is there to install them:$missing" >&2
    exit 69
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# A list of packages may be old or absent on a fresh machine.
# shellcheck disable=SC2086 # both are lists of words
$as_root apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
    $as_root apt-get update -q >/dev/null
    $as_root apt-get install -y -q --no-install-recommends $missing >/dev/null
}
