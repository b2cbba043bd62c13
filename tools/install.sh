#!/usr/bin/env bash
# Installs from an unpacked bundle, without a network:  ./install.sh /opt/rectification
# Puts the project, its packages, fonts and static files there. Data, keys and settings are left alone: docs/operations.md says what comes next.
set -euo pipefail
cd "$(dirname "$0")"
HERE=$PWD
DEST=${1:-}
stop() { printf '%s\n' "$*" >&2; exit 1; }

[ -n "$DEST" ] || stop "用法：./install.sh 安装目录，例如 ./install.sh /opt/rectification"
sha256sum --quiet --strict -c SHA256SUMS || stop "安装包不完整或被改动，请重新拷贝。"
VERSION=$(ls wheels | sed -n 's/.*-cp3\([0-9]*\)-cp3.*manylinux.*/3.\1/p' | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
PYTHON=$(command -v "python$VERSION" || true)
[ -n "$PYTHON" ] || stop "需要 Python $VERSION。请安装：apt-get install python$VERSION python$VERSION-venv"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || stop "缺少 python$VERSION-venv。请安装：apt-get install python$VERSION-venv"
missing=()
for pair in libpango-1.0.so.0:libpango-1.0-0 libpangoft2-1.0.so.0:libpangoft2-1.0-0 libharfbuzz-subset.so.0:libharfbuzz-subset0; do
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
command -v fc-cache >/dev/null || missing+=(fontconfig)
[ ${#missing[@]} -eq 0 ] || stop "缺少系统软件，请从发行版的光盘或内网源安装：apt-get install ${missing[*]}"

mkdir -p "$DEST"
DEST=$(cd "$DEST" && pwd)
[ ! -e "$DEST/var" ] || stop "“$DEST”里有 var 文件夹，像是演示用的目录。请另选安装目录。"
# The code of an earlier version stands aside, so that an upgrade can go back: previous-*.
if [ -e "$DEST/manage.py" ]; then
    OLD="$DEST/previous-$(date +%Y%m%d-%H%M%S)"
    mkdir "$OLD"
    find "$DEST" -mindepth 1 -maxdepth 1 ! -name 'previous-*' ! -name fonts -exec mv -t "$OLD" {} +
fi
cp -a "$HERE/project/." "$DEST/"
"$PYTHON" -m venv "$DEST/.venv"
"$DEST/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$HERE/wheels" --require-hashes -r "$DEST/requirements.txt"
cp -a "$HERE/collected" "$DEST/collected"
"$DEST/.venv/bin/python" "$DEST/tools/fonts.py" "$DEST/fonts" --from "$HERE/fonts" >/dev/null
"$DEST/.venv/bin/python" -m compileall -q -x '/(\.venv|previous-[^/]*)/' "$DEST"
echo "已安装到 $DEST。下一步见 $DEST/docs/operations.md：/etc/rectification/env、manage.py migrate、systemd。"
