#!/usr/bin/env bash
# Everything a machine needs: virtual environment, packages with hashes, system libraries, document fonts.
# usage: tools/setup.sh run|test|lint      Says one clear line and stops when it cannot go on. A second run takes a moment.
set -euo pipefail
cd "$(dirname "$0")/.."
WHAT=${1:-run}
DATA_DIR=${DATA_DIR:-var}
REQUIREMENTS=requirements.txt
[ "$WHAT" = run ] || REQUIREMENTS=requirements-dev.txt

stop() { printf '\n%s\n' "$*" >&2; exit 1; }

# Install Debian packages when allowed to, else print the exact line.
apt_install() {
    local line="apt-get install -y $*"
    command -v apt-get >/dev/null || stop "缺少系统软件：$*。本机没有 apt，请用本机的软件管理工具安装后重试。"
    local run=()
    if [ "$(id -u)" != 0 ]; then
        { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } || stop "缺少系统软件。请执行：sudo $line    然后重试。"
        run=(sudo -n)
    fi
    echo "安装系统软件：$*"
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return
    "${run[@]}" apt-get update -qq >/dev/null 2>&1 || true
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || stop "安装没有成功。请执行：$line    看清原因后重试。"
}

python_for_venv() {
    local python
    for python in python3.11 python3; do
        if command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$python"; return; fi
    done
    stop "需要 Python 3.11 或更高版本。请执行：sudo apt-get install -y python3 python3-venv"
}

PYTHON=$(python_for_venv)
if [ ! -x .venv/bin/python ]; then
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || apt_install python3-venv
    "$PYTHON" -m venv .venv
fi
STAMP=.venv/.installed-${REQUIREMENTS%.txt}
if ! cmp -s "$REQUIREMENTS" "$STAMP"; then
    if [ "$WHAT" = run ] && cmp -s requirements-dev.txt .venv/.installed-requirements-dev; then :; else
        echo "安装 Python 软件包……"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$REQUIREMENTS" || stop "Python 软件包没有装全，请检查到软件源的网络后重试。"
    fi
    cp "$REQUIREMENTS" "$STAMP"
fi

[ "$WHAT" != lint ] || exit 0

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }
missing=()
has_library libpango-1.0.so.0 || missing+=(libpango-1.0-0)
has_library libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
has_library libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
command -v fc-cache >/dev/null || missing+=(fontconfig)
if [ "$WHAT" = test ]; then
    [ -x /usr/bin/chromium ] || missing+=(chromium)
    [ -e /usr/lib/chromium/locales/zh-CN.pak ] || missing+=(chromium-l10n) # date and file fields in Chinese
    has_library libatomic.so.1 || missing+=(libatomic1) # the browser driver of Playwright needs it
    [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | grep -v "$PWD" || true)" ] || missing+=(fonts-noto-cjk) # pages are measured with real Chinese type
fi
[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"

FONTS=${FONTS_DIR:-$DATA_DIR/fonts}
[ -d "$DATA_DIR" ] || install -d -m 700 "$DATA_DIR"
.venv/bin/python tools/fonts.py "$FONTS"
