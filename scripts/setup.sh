#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs the Debian packages that are missing for the groups named (see scripts/packages).
#
#   scripts/setup.sh GROUP...
#
# Without the right to install, prints the one command that does it and fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing=()
while read -r group package; do
    for wanted in "$@"; do
        if [ "$group" = "$wanted" ] \
            && ! dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed'; then
            missing+=("$package")
        fi
    done
done < <(grep -v '^#' "$here/packages")
[ "${#missing[@]}" -gt 0 ] || exit 0

command=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    as_root=(sudo)
else
    echo "These Debian packages are missing. Install them with:" >&2
    echo "  sudo apt-get update && sudo ${command[*]}" >&2
    exit 1
fi
echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update >&2
"${as_root[@]}" "${command[@]}" > /dev/null
