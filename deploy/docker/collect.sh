#!/bin/sh
# Collects a program and all that it loads into the root of an image: the libraries that the loader names, their
# licences, the authorities, and the few files of /etc that the C library reads. The list is made by the loader and by
# dpkg, so that nobody has to keep it.
set -eu
program=$1
image=$2

copy() {
    mkdir -p "$image$(dirname "$1")"
    # Under the name that is asked for, and not that of the file that it leads to.
    cp -L --preserve=mode,timestamps "$1" "$image$1"
}

copy "$program"
libraries=$(ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' | sort -u)
if ldd "$program" | grep -q 'not found'; then
    ldd "$program" | grep 'not found' >&2
    exit 1
fi
for library in $libraries; do copy "$library"; done

# Debian keeps most libraries under /usr/lib, and the loader names them under /lib.
packages=$(for library in $libraries; do
    dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "$(readlink -f "$library")" 2>/dev/null || dpkg-query -S "/usr$library"
done | sed 's/:.*//' | sort -u)
for package in $packages ca-certificates; do
    copy "/usr/share/doc/$package/copyright"
done
mkdir -p "$image/usr/share/doc/mastra-gateway"
cp /usr/share/doc/mastra-gateway/LICENSE "$image/usr/share/doc/mastra-gateway/"
# What is in the image, for a bill of materials.
# shellcheck disable=SC2086 # a list of words
dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\n' $packages ca-certificates \
    > "$image/usr/share/doc/mastra-gateway/packages"

copy /etc/ssl/certs/ca-certificates.crt
mkdir -p "$image/etc" "$image/var/lib/mastra-gateway"
chown 65532:65532 "$image/var/lib/mastra-gateway"
chmod 700 "$image/var/lib/mastra-gateway"
printf 'root:x:0:0:root:/:/usr/sbin/nologin\nnonroot:x:65532:65532:nonroot:/nonexistent:/usr/sbin/nologin\n' > "$image/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' > "$image/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' > "$image/etc/nsswitch.conf"
