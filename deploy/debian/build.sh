#!/bin/sh
# Builds the Debian package of the program that was built: build.sh PROGRAM DIRECTORY writes
# DIRECTORY/mastra-gateway_VERSION_ARCHITECTURE.deb and prints its path. SOURCE_DATE_EPOCH dates what is in it.
set -eu
program=$1
output=$2
here=$(cd "$(dirname "$0")/.." && pwd)
version=$("$here/version.sh")
architecture=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tree=$root/tree
put() { # mode source destination
    install -D -m "$1" "$2" "$tree$3"
}
packed() { # source destination
    mkdir -p "$tree$(dirname "$2")"
    gzip -9n < "$1" > "$tree$2"
    chmod 644 "$tree$2"
}

put 755 "$program" /usr/bin/mastra-gateway
put 644 "$here/systemd/mastra-gateway.sysusers" /usr/lib/sysusers.d/mastra-gateway.conf
put 644 "$here/systemd/mastra-gateway.yaml" /etc/mastra-gateway/mastra-gateway.yaml
put 600 "$here/systemd/mastra-gateway.default" /etc/default/mastra-gateway
put 644 "$here/systemd/mastra-gateway.service" /lib/systemd/system/mastra-gateway.service
# The manager of Debian 12 knows no notify-reload.
if grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release; then
    # By the shell's own kill, since a small system has no program of that name.
    # shellcheck disable=SC2016 # the manager expands it
    sed -i -e '/^# Before systemd 253/d' -e 's/^Type=notify-reload$/Type=notify\nExecReload=\/bin\/sh -c "kill -HUP $MAINPID"/' \
        "$tree/lib/systemd/system/mastra-gateway.service"
fi
for page in 1 5; do
    packed "$here/man/mastra-gateway.$page" "/usr/share/man/man$page/mastra-gateway.$page.gz"
done
for shell in bash zsh fish; do
    # The shell sources it, and runs no first line.
    "$program" --generate-completion-script "$shell" | sed '1{/^#!/d}' > "$root/$shell"
done
put 644 "$root/bash" /usr/share/bash-completion/completions/mastra-gateway
put 644 "$root/zsh" /usr/share/zsh/vendor-completions/_mastra-gateway
put 644 "$root/fish" /usr/share/fish/vendor_completions.d/mastra-gateway.fish
put 644 "$here/debian/lintian-overrides" /usr/share/lintian/overrides/mastra-gateway
put 644 "$here/debian/copyright" /usr/share/doc/mastra-gateway/copyright
maintainer=$(sed -n 's/^Maintainer: //p' "$here/debian/control.in")
cat > "$root/changelog" <<END
mastra-gateway ($version) stable; urgency=medium

  * See https://github.com/mastra-gateway/mastra-gateway/blob/main/CHANGELOG.md

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
packed "$root/changelog" /usr/share/doc/mastra-gateway/changelog.gz
for example in prometheus/alerts.yaml grafana/mastra-gateway.json; do
    [ ! -e "$here/$example" ] || put 644 "$here/$example" "/usr/share/doc/mastra-gateway/examples/$(basename "$example")"
done

mkdir "$tree/DEBIAN"
printf '/etc/mastra-gateway/mastra-gateway.yaml\n/etc/default/mastra-gateway\n' > "$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/debian/$script" "$tree/DEBIAN/$script"; done
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
chmod 644 "$tree/DEBIAN/md5sums" "$tree/DEBIAN/conffiles"
# dpkg-shlibdeps asks for a source package around it.
mkdir "$root/debian"
printf 'Source: mastra-gateway\n\nPackage: mastra-gateway\nArchitecture: any\n' > "$root/debian/control"
depends=$(cd "$root" && dpkg-shlibdeps -O "$tree/usr/bin/mastra-gateway" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@DEPENDS@/$depends/" \
    -e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$tree" | cut -f1)/" "$here/debian/control.in" > "$tree/DEBIAN/control"

find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
find "$tree" -type d -exec chmod 755 {} +
mkdir -p "$output"
package=$output/mastra-gateway_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$tree" "$package" > /dev/null
echo "$package"
