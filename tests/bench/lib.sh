# What the scripts of `make bench` share. Sourced as the first thing, never run. Servers run on processor 0, clients on
# processor 1, where nothing else is said.
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
bin=${top_builddir:-$top/build}

umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/mpc-bench-XXXXXX")
pids=()
finish() {
    local status=$?
    trap - EXIT
    stop_all || status=1
    [ "$status" -eq 0 ] && rm -rf "$work" || say "logs are in $work" >&2
    exit "$status"
}
trap finish EXIT

pid_of() { cat "$work/$1.pid"; }
now_us() { date +%s%6N; }
# Scheduled time of all threads that run, in us: finer than the ticks of utime and stime.
cpu_us() { cat /proc/"$1"/task/*/schedstat | awk '{ns += $1} END {printf "%d\n", ns / 1000}'; }
port() { sed 's/.*://' <<<"$1"; }
calc() { jq -n "$1 | . * 100 | round / 100"; }
say_machine() { say "machine: $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) processors, Linux $(uname -r)"; }
row() { printf '| %-56s | %18s | %8s | %s\n' "$@"; }
# await COMMAND...: as wait_for, but looking every 2 ms, since what is awaited here is timed.
await() {
    local deadline=$(($(now_ms) + 60000))
    until "$@" 2>/dev/null; do
        [ "$(now_ms)" -lt "$deadline" ] || die "gave up: $*"
        sleep 0.002
    done
}
# answers_now PORT PATH: GET it, without starting a process; true when it is a 200
answers_now() {
    local answer
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
    read -r answer <&3
    exec 3>&-
    [[ $answer == *" 200 "* ]]
}
