#!/bin/bash
# Programs of another Debian release in a private tree: no root, nothing installed, nothing compiled.
#
#   debian_tree.sh DEST SUITE PACKAGE...      ->  DEST/bin/<program>
#
# The packages are downloaded from the mirror this machine already uses, their signatures are checked with the keys it
# already has, and they are unpacked under DEST. Every program there starts through the C library that came with it, so
# the tree may lie anywhere and may be moved. Every library a program needs must be among the packages, or this fails.
# Ends with 3 and one line of reason when the machine is not a Debian machine.
set -euo pipefail

away() { echo "$1" >&2; exit 3; }

dest=$(realpath -m "$1"); suite=$2; shift 2
[ -e "$dest/.complete" ] && exit 0

for tool in apt-get dpkg-deb dpkg; do command -v "$tool" > /dev/null || away "there is no $tool here: not a Debian machine"; done
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keys" ] || away "there is no $keys here: not a Debian machine"

# Both ways of writing sources: deb822 (*.sources) and one line (*.list).
mirror() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] && awk '/^URIs:/ { for (i = 2; i <= NF; i++) if ($i ~ /\/debian\/?$/) { print $i; exit } }' "$file"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -r "$file" ] && awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\/.*\/debian\/?$/) { print $i; exit } }' "$file"
  done
  return 0
}
uri=$(mirror | head -n 1)
[ -n "$uri" ] || away "no Debian mirror in /etc/apt: not a Debian machine"

tmp=$dest.tmp.$$; work=$(mktemp -d); trap 'rm -rf "$work" "$tmp"' EXIT
mkdir -p "$work"/{parts,lists/partial,archives/partial} "$tmp"; : > "$work/status"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$uri" "$suite" "$keys" > "$work/parts/tree.sources"

private_apt() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" \
    -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}
private_apt update
( cd "$work" && private_apt download "$@" )

for package in "$work"/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tmp" --no-same-owner --exclude=./etc --exclude=./usr/share/doc \
    --exclude=./usr/share/man --exclude=./usr/share/locale --exclude='./usr/share/postgresql/*/man' \
    --exclude='*/bitcode' --exclude='*llvmjit*' --exclude='*/gconv' --exclude='./var' --exclude='./run'
done

cd "$tmp"
loader=
for candidate in usr/lib/*-linux-gnu*/ld-linux*.so.* lib/*-linux-gnu*/ld-linux*.so.*; do
  [ -e "$candidate" ] && { loader=$candidate; break; }
done
[ -n "$loader" ] || { echo "libc6 is missing from the list of packages" >&2; exit 1; }
arch=$(basename "$(dirname "$loader")")
mkdir -p bin
missing=0
wrap() {  # FILE: move the program aside and put a starter in its place
  local file=$1 folder name up
  folder=$(dirname "$file"); name=$(basename "$file")
  up=$(printf '%s\n' "$folder" | sed 's|[^/][^/]*|..|g')
  mkdir -p "$folder/.real"; mv "$file" "$folder/.real/"
  cat > "$file" <<W
#!/bin/sh
unset LD_PRELOAD LD_LIBRARY_PATH
b=\$(dirname "\$(readlink -f "\$0")"); t=\$b/$up
exec "\$t/$loader" --argv0 "\$b/\${0##*/}" --library-path "\$t/usr/lib/$arch:\$t/lib/$arch" "\$b/.real/\${0##*/}" "\$@"
W
  chmod 755 "$file"
  ln -sfn "../$file" "bin/$name"
  if "$loader" --library-path "usr/lib/$arch:lib/$arch" --list "$folder/.real/$name" 2>&1 | grep -F 'not found'; then
    echo "… needed by $name" >&2; missing=1
  fi
}
for folder in usr/bin usr/sbin sbin usr/lib/postgresql/*/bin; do
  [ -d "$folder" ] || continue
  for file in "$folder"/*; do
    [ -f "$file" ] && [ ! -L "$file" ] && [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] && wrap "$file"
  done
done
[ "$missing" = 0 ] || { echo "libraries are missing from the list of packages" >&2; exit 1; }
: > .complete
cd /
mkdir -p "$(dirname "$dest")"; rm -rf "$dest"; mv "$tmp" "$dest"
