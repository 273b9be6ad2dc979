# What the system tests share. Sourced as the first thing: a test is a script that ends in .test, and exits 0 passed, 77
# skipped (its last line says why), anything else failed.
set -euo pipefail
umask 077
. "${top_srcdir:-.}/scripts/common.sh"
. "$top/scripts/demo-data.sh"
. "$top/scripts/network.sh"

bin=${top_builddir:-.}
helper=$bin/tests/system/helper
work=$(mktemp -d "${TMPDIR:-/tmp}/mpc-system-XXXXXX")
pids=()
poll_interval_ms=100
block_time_ms=100

finish() {
    local status=$?
    trap - EXIT
    stop_all || status=1
    case $status in
    0 | 77) ;;
    *) tail -n 25 "$work"/*.log 2>/dev/null || true ;;
    esac
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

skip() {
    echo "SKIP: $*"
    exit 77
}
fail() {
    echo "FAILED (line ${BASH_LINENO[-2]}): $*"
    exit 1
}
# needs TOOL...: without them the test is skipped
needs() {
    local tool
    for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is not here"; done
}
# expect WHAT COMMAND...: it holds now
expect() {
    local what=$1
    shift
    "$@" || fail "not so: $what"
}
# exits CODE COMMAND...: it ends with this exit code; what it said is in $work/said
exits() {
    local wanted=$1 got=0
    shift
    "$@" >"$work/said" 2>&1 </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || {
        cat "$work/said"
        fail "exit code $got, not $wanted: $*"
    }
}
# said TEXT...: the last `exits` said all of these
said() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$work/said" || {
            cat "$work/said"
            fail "it did not say: $text"
        }
    done
}
pid_of() { cat "$work/$1.pid"; }
# ends NAME CODE: the process ends by itself or was told to, with this exit code
ends() {
    local got=0
    wait "$(pid_of "$1")" || got=$?
    [ "$got" -eq "$2" ] || fail "$1 ended with $got, not $2"
}
# kill_hard NAME: as a power failure does
kill_hard() {
    kill -KILL "$(pid_of "$1")"
    wait "$(pid_of "$1")" 2>/dev/null || true
}
# log_says NAME TEXT [COUNT]: its log holds such a line, COUNT of them
log_says() { [ "$(grep -cF -- "$2" "$work/$1.log")" -ge "${3:-1}" ]; }
# metric NAME SERIES: its value, or nothing where the node does not show it
metric() { page "$1" /metrics | awk -v series="$2" '$1 == series {print $2}'; }
# counted NAME EVENT CODE [COUNT]: the outcome of this event was counted as often as that, once by default
counted() { [ "$(metric "$1" "mpc_migration_outcomes_total{event=\"$2\",code=\"$3\"}")" = "${4:-1}" ]; }
ready_is() { page "$1" /ready | grep -q "^$2"; }
# key_of_seed HEX, pem_of_seed HEX: public key, and certificate with private key, of a seed
key_of_seed() { "$helper" key "$1"; }
pem_of_seed() { "$helper" pem "$1"; }

# --- a client without code of ours ----------------------------------------------------------------------------------------

# as NAME PEM: s_client's options to speak to this node with this certificate and key
as() { echo "-connect $(listen_of "$1") -servername dummy -cert $2 -key $2 -quiet"; }
# tls_client NAME PEM: what is on stdin goes to the node, what it answers to stdout, until it closes
tls_client() { timeout 20 openssl s_client $(as "$@") 2>"$work/s_client.txt"; }
# tls_session NAME PEM OUT: the same in the background; what is written to descriptor 9 goes to the node. Sets client_pid.
tls_session() {
    rm -f "$work/requests"
    mkfifo "$work/requests"
    openssl s_client $(as "$1" "$2") <"$work/requests" >"$3" 2>"$work/s_client.txt" &
    client_pid=$!
    pids+=("$client_pid")
    exec 9>"$work/requests"
}
# answered FILE: it holds one whole response, head and body
answered() {
    local head length
    head=$(sed '/^\r$/q' "$1" | wc -c)
    length=$(sed -n '/^\r$/q; s/^[Cc]ontent-[Ll]ength: *\([0-9]*\)\r$/\1/p' "$1")
    [ -n "$length" ] && [ "$(wc -c <"$1")" -ge $((head + length)) ]
}
status_of() { sed -n '1s/^HTTP\/1\.1 \([0-9]*\) .*/\1/p' "$1"; }
body_of() { tail -c "+$(($(sed '/^\r$/q' "$1" | wc -c) + 1))" "$1"; }

# --- the contract, without waiting for blocks -----------------------------------------------------------------------------

# call METHOD KEY DEPOSIT ARGS: the account calls, signed with this key; it succeeds and is final
call() {
    rpc sim_call '{"method":"'"$1"'","signer":"'"$account"'","signer_public_key":"'"$2"'","deposit_yocto":"'"$3"'","args":'"$4"'}' \
        >"$work/call.json"
    jq -e .result.status.SuccessValue "$work/call.json" >/dev/null || {
        cat "$work/call.json"
        fail "$1 was refused"
    }
    rpc sim_advance '{"blocks":2}' >/dev/null
}
# register_key PUBLIC-KEY: as the account's backup key
register_key() {
    call register_backup_service "$(key_of operator)" 1 '{"backup_service_info":{"public_key":"'"$1"'"}}'
}
# attest NAME: the node's attestation is in the contract
attest() {
    call prepay_attestation_storage "$(key_of operator)" 20000000000000000000000 '{"account_id":"'"$account"'","grants":1}'
    call submit_participant_info "$(signer_key_of "$1")" 0 \
        '{"proposed_participant_attestation":{"Mock":"Valid"},"tls_public_key":"'"$(p2p_key_of "$1")"'"}'
}
# record_migration NAME: to this node
record_migration() {
    call start_node_migration "$(key_of operator)" 1 '{"destination_node_info":{"signer_account_pk":"'"$(signer_key_of "$1")"'",
        "destination_node_info":{"url":"http://'"$1"'.alice.near:80","tls_public_key":"'"$(p2p_key_of "$1")"'"}}}'
}

# make_network NODE [NODE...]: keys, homes, the simulator with $sim_options; the first is the account's node, and holds shares
sim_options=()
make_network() {
    local name
    make_secrets
    make_operator_keys
    for name in "$@"; do make_node "$name"; done
    write_genesis "$1" "$@"
    start_simulator "$work/genesis.json" 127.0.0.1:0 "${sim_options[@]}"
    demo_shares_json | "$bin/mpc-migrationd" keyshares import - --home-dir "$work/$1" >/dev/null
}

# needs_reference NAME: sets `reference` to the path of a file of the reference data beside the project
needs_reference() {
    reference=${MPC_REFERENCE_DATA:-$top/../shared/data}/$1
    [ -r "$reference" ] || skip "reference data $1 is not here"
}
