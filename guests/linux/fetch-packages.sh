#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Downloads Debian packages of any architecture, without installing them, and unpacks them.
#
#   fetch-packages.sh [--refresh] ARCHITECTURE PACKAGE...
#
# Prints the folder of each unpacked package, one a line. A metapackage (linux-image-arm64) is followed
# to the package that it depends on. apt verifies signatures as usual, in a private state of its own, so
# that neither foreign architectures nor foreign packages ever reach the host. Everything is kept in
# ${ROOKERY_CACHE:-~/.cache/rookery}; with --refresh newer versions are looked for.
set -euo pipefail

refresh=no
if [ "${1:-}" = --refresh ]; then
    refresh=yes
    shift
fi
if [ $# -lt 2 ]; then
    echo "usage: $0 [--refresh] ARCHITECTURE PACKAGE..." >&2
    exit 2
fi
architecture=$1
shift

release=bookworm
cache=${ROOKERY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rookery}/debian-$release-$architecture
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9

make_apt_root() {
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/etc/parts"
    : > "$cache/apt/status"
    local mirror=${ROOKERY_DEBIAN_MIRROR:-http://deb.debian.org/debian}
    local security=${ROOKERY_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
    cat > "$cache/apt/etc/sources.list" <<LIST
deb [signed-by=$keyring] $mirror $release main
deb [signed-by=$keyring] $mirror $release-updates main
deb [signed-by=$keyring] $security $release-security main
LIST
    cat > "$cache/apt/apt.conf" <<CONF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Get::List-Cleanup "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "$cache/apt";
Dir::State::Lists "$cache/apt/lists";
Dir::State::status "$cache/apt/status";
Dir::Cache "$cache/apt";
Dir::Cache::archives "$cache/apt/archives";
Dir::Etc::sourcelist "$cache/apt/etc/sources.list";
Dir::Etc::sourceparts "$cache/apt/etc/parts";
CONF
}

update_lists() {
    [ -z "${updated:-}" ] || return 0
    make_apt_root
    if ! APT_CONFIG=$cache/apt/apt.conf apt-get -qq update >&2; then
        echo "$0: cannot reach the Debian mirror; set ROOKERY_DEBIAN_MIRROR to one that you can" >&2
        exit 1
    fi
    updated=yes
}

# The package that a metapackage of the kernel stands for.
resolve() {
    local real
    real=$(APT_CONFIG=$cache/apt/apt.conf apt-cache depends "$1" 2> /dev/null \
        | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    echo "${real:-$1}"
}

for package in "$@"; do
    stamp=$cache/$package.current
    if [ "$refresh" = no ] && [ -e "$stamp" ] && [ -d "$(cat "$stamp")" ]; then
        cat "$stamp"
        continue
    fi
    update_lists
    real=$(resolve "$package")
    version=$(APT_CONFIG=$cache/apt/apt.conf apt-cache policy "$real" \
        | sed -n 's/^ *Candidate: *//p')
    if [ -z "$version" ] || [ "$version" = "(none)" ]; then
        echo "$0: Debian $release has no package '$package' for $architecture" >&2
        exit 1
    fi
    folder=$cache/${real}_${version//[:\/]/_}
    if [ ! -d "$folder" ]; then
        echo "downloading $real $version ($architecture)" >&2
        rm -rf "$folder.part"
        mkdir -p "$folder.part"
        (cd "$folder.part" && APT_CONFIG=$cache/apt/apt.conf apt-get -qq download "$real" >&2)
        dpkg-deb -x "$folder.part"/*.deb "$folder.part"
        rm -f "$folder.part"/*.deb
        mv "$folder.part" "$folder"
    fi
    echo "$folder" > "$stamp"
    echo "$folder"
done
