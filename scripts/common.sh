# What scripts/demo and scripts/test share. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages="build-essential autoconf automake pkg-config libmicrohttpd-dev libwolfssl-dev libjson-c-dev liblmdb-dev
    libcurl4-openssl-dev check ca-certificates"

demo_packages="curl jq openssl"
test_packages="clang clang-format libclang-rt-14-dev nginx-light strace"
mutation_packages="python3 binutils"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# install_packages PACKAGE...: install those that are missing; needs root or sudo only when something is.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing: ${missing[*]}"
    local sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "packages are missing (${missing[*]}); run as root, or install sudo"
        sudo=sudo
    fi
    local log
    log=$(mktemp)
    if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -yq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

# build_in DIR [CONFIGURE-ARGUMENT...]: configure once, then make; prints only what fails.
build_in() {
    local dir=$1
    shift
    mkdir -p "$dir"
    [ -x "$top/configure" ] || quietly "$dir/autoreconf.log" autoreconf -fi "$top"
    if [ ! -f "$dir/Makefile" ]; then
        (cd "$dir" && quietly "$dir/configure.log" "$top/configure" "$@") || exit 1
    fi
    quietly "$dir/make.log" make -C "$dir" -j"$(nproc)"
}

# quietly LOG COMMAND...: run it; on failure show the end of its output.
quietly() {
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        die "failed: $* (whole output: $log)"
    fi
}

# --- processes of a script: started in the background, ended by process id -------------------------------------------------

# The script sets `work` (a directory) and `pids=()` first.

now_ms() { date +%s%3N; }

# start_process NAME COMMAND...: log in $work/NAME.log, id in $work/NAME.pid
start_process() {
    local name=$1
    shift
    "$@" >>"$work/$name.out" 2>>"$work/$name.log" </dev/null &
    echo $! >"$work/$name.pid"
    pids+=($!)
}

# stop_process NAME: SIGTERM, then wait for its end.
stop_process() {
    local pid
    pid=$(cat "$work/$1.pid")
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# A child that did not end yet; ids of those that did may be somebody else's by now.
runs() { grep -qs "^PPid:[[:space:]]$$\$" "/proc/$1/status" && ! grep -qs '^State:[[:space:]]Z' "/proc/$1/status"; }

# stop_all: SIGTERM to every one, SIGKILL to those that run on for 20 s; that is a failure.
stop_all() {
    local pid status=0 deadline=$(($(now_ms) + 20000))
    # SIGCONT comes first, for those that a script has halted: after SIGTERM it could undo the stop by which a leak checker
    # attaches at exit, and that one waits for ever.
    for pid in "${pids[@]}"; do
        if runs "$pid"; then kill -CONT "$pid" 2>/dev/null && kill -TERM "$pid" 2>/dev/null || true; fi
    done
    for pid in "${pids[@]}"; do
        while runs "$pid" && [ "$(now_ms)" -lt "$deadline" ]; do sleep 0.02; done
        if runs "$pid"; then
            say "process $pid did not end on SIGTERM: $(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
            kill -KILL "$pid" 2>/dev/null || true
            status=1
        fi
        wait "$pid" 2>/dev/null || true
    done
    return $status
}

# wait_for WHAT COMMAND...: try COMMAND until it succeeds, at most 30 s.
wait_for() {
    local what=$1 deadline=$(($(now_ms) + 30000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline" ] || die "gave up waiting for $what"
        sleep 0.05
    done
}

# must_fail COMMAND...: it is refused, and its words are shown.
must_fail() {
    if "$@" >"$work/refused.txt" 2>&1; then
        cat "$work/refused.txt"
        die "this should have been refused: $*"
    fi
    sed 's/^/  refused: /' "$work/refused.txt"
}
