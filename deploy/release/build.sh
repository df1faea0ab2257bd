#!/bin/sh
# Makes everything that a release consists of, of the program that was built: build.sh PROGRAM DIRECTORY
#
#   mastra-gateway-VERSION-linux-ARCHITECTURE.tar.gz     program, manual pages, completions, unit, rules, dashboard
#   mastra-gateway_VERSION_ARCHITECTURE.deb
#   mastra-gateway-VERSION-image.tar, …-image-debug.tar  images as OCI archives, where buildah is there
#   mastra-gateway-VERSION-chart.tgz                     the Helm chart
#   sbom.cdx.json, sbom-image.cdx.json                   bills of materials of the program and of the image
#   CHANGELOG.md, SHA256SUMS
#
# Whatever carries a time carries that of the last commit, so that two runs make the same bytes.
set -eu
program=$1
output=$2
here=$(cd "$(dirname "$0")/.." && pwd)
version=$("$here/version.sh")
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
revision=$(git -C "$here" rev-parse HEAD)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$output"

packed() { # folder archive
    tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" "$1" |
        gzip -9n > "$output/$2"
}

name=mastra-gateway-$version-linux-$architecture
tree=$work/$name
install -D -m 755 "$program" "$tree/bin/mastra-gateway"
for page in 1 5; do install -D -m 644 "$here/man/mastra-gateway.$page" "$tree/share/man/man$page/mastra-gateway.$page"; done
mkdir -p "$tree/share/completions"
for shell in bash zsh fish; do "$program" --generate-completion-script "$shell" > "$tree/share/completions/mastra-gateway.$shell"; done
for folder in systemd prometheus grafana compose chaining; do
    [ ! -d "$here/$folder" ] || cp -R "$here/$folder" "$tree/share/$folder"
done
install -m 644 "$here/../README.md" "$here/../LICENSE" "$here/../CHANGELOG.md" "$tree/"
packed "$name" "$name.tar.gz"

"$here/debian/build.sh" "$program" "$output" > /dev/null

if [ -d "$here/helm/mastra-gateway" ]; then
    cp -R "$here/helm/mastra-gateway" "$work/mastra-gateway"
    packed mastra-gateway "mastra-gateway-$version-chart.tgz"
fi

if command -v buildah > /dev/null; then
    mkdir -p "$work/context/program"
    cp "$program" "$work/context/program/mastra-gateway"
    for target in minimal debug; do
        suffix=$([ $target = minimal ] || echo -debug)
        buildah bud --quiet --format=oci --network=host --isolation=chroot --timestamp="$SOURCE_DATE_EPOCH" \
            --target=$target --build-context="build=$work/context" --ignorefile="$here/../.dockerignore" \
            --build-arg="VERSION=$version" --build-arg="REVISION=$revision" \
            --build-arg="CREATED=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
            --file="$here/docker/Dockerfile" --tag="localhost/mastra-gateway-release$suffix" "$here/.." > /dev/null
        # A layout that is packed here, since an archive of buildah's carries the time of its making.
        buildah push --quiet "localhost/mastra-gateway-release$suffix" "oci:$work/image$suffix:$version$suffix" > /dev/null
        tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
            --file "$output/mastra-gateway-$version-image$suffix.tar" -C "$work/image$suffix" .
    done
    # What an image has is told by the image.
    container=$(buildah from localhost/mastra-gateway-release)
    cp "$(buildah mount "$container")/usr/share/doc/mastra-gateway/packages" "$work/packages"
    buildah umount "$container" > /dev/null
    buildah rm "$container" > /dev/null
    "$here/release/sbom.py" "$version" --image "$work/packages" > "$output/sbom-image.cdx.json"
else
    echo "buildah is missing: the release has no images" >&2
fi

"$here/release/sbom.py" "$version" "$program" > "$output/sbom.cdx.json"
"$here/release/changelog.sh" "$version" > "$output/CHANGELOG.md"
(cd "$output" && rm -f SHA256SUMS && sha256sum -- * > "$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
cat "$output/SHA256SUMS"
