# The steps of a migration from node A to node B, for tests that trouble it at each of them. Sourced after lib.sh.
#
# Every story begins in the same world, which is made once and then copied: A is the account's node and holds the shares, B and
# C hold nothing, the backup service's key is registered, and its home has A's shares.

block_time_ms=50
poll_interval_ms=50
# More options of the nodes, and of the simulator.
node_options=()
chain_options=()

# --- pages, without a process for each ------------------------------------------------------------------------------------------

# ask ADDRESS TEXT...: the answer to what printf makes of TEXT..., head and all, is in `answer`
ask() {
    local address=$1
    shift
    answer=
    { exec 7<>"/dev/tcp/${address%:*}/${address##*:}"; } 2>/dev/null || return 1
    printf "$@" >&7
    IFS= read -r -d '' answer <&7 || true
    exec 7<&-
}
# port_of NAME MEMBER: sets `address` to what its port file says
port_of() { [[ $(<"$work/$1.ports") =~ \"$2\":\"([^\"]*)\" ]] && address=${BASH_REMATCH[1]}; }
# shows NAME TEXT...: its /status has all of these in it
shows() {
    local text
    port_of "$1" telemetry && ask "$address" 'GET /status HTTP/1.0\r\n\r\n' || return 1
    shift
    for text; do [[ $answer == *"$text"* ]] || return 1; done
}
# outcomes NAME EVENT CODE: sets `count` to how often it was counted
outcomes() {
    count=0
    port_of "$1" telemetry
    ask "$address" 'GET /metrics HTTP/1.0\r\n\r\n' || return 1
    local series="mpc_migration_outcomes_total{event=\"$2\",code=\"$3\"} "
    [[ $answer == *"$series"* ]] || return 0
    count=${answer#*"$series"}
    count=${count%%[!0-9]*}
}
# post METHOD PARAMS: a JSON-RPC request; the answer is in `answer`
post() {
    local body='{"jsonrpc":"2.0","id":1,"method":"'$1'","params":'$2'}'
    ask "${rpc_url#http://}" 'POST / HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
        "${#body}" "$body"
}
# control METHOD PARAMS: the same, and it has a result
control() {
    post "$@"
    [[ $answer == *'"result":'* ]] || fail "$1 $2: $answer"
}
# by ACCOUNT KEY METHOD DEPOSIT ARGS: a call of the contract, which succeeds
by() {
    control sim_call '{"method":"'"$3"'","signer":"'"$1"'","signer_public_key":"'"$2"'","deposit_yocto":"'"$4"'","args":'"$5"'}'
    [[ $answer == *'"SuccessValue"'* ]] || fail "$3 was refused: $answer"
}

# --- the world ------------------------------------------------------------------------------------------------------------------

declare -A p2p signer key

# world_make: keys, homes, genesis, a fetched backup; kept in $work/kept
world_make() {
    local name
    make_secrets
    make_operator_keys
    for name in operator bob carol; do key[$name]=$(key_of $name); done
    for name in a b c; do
        make_node $name
        p2p[$name]=$(p2p_key_of $name) signer[$name]=$(signer_key_of $name)
    done
    write_genesis a a b c
    mkdir -m 700 "$work/backup"
    key[backup]=$(backup_client backup generate-keys --json | jq -er .p2p_public_key)
    # A little in the past, for blocks that are made at once take their time with them.
    sed -i 's/^ "accounts":/ "migration_info":{"'"$account"'":[{"public_key":"'"${key[backup]}"'"},null]},"block_time_s":@,&/' \
        "$work/genesis.json"
    demo_shares_json | "$bin/mpc-migrationd" keyshares import - --home-dir "$work/a" >/dev/null
    mkdir "$work/kept"
    chain_begin
    start_node a
    wait_for "A to be ready" shows a '"ready":true'
    view state >"$work/backup/contract_state.json"
    exits 0 backup_client backup get-keyshares $(to_node a)
    stop_process a
    stop_process sim
    for name in a b c backup; do mv "$work/$name" "$work/kept/$name"; done
}
# chain_begin: 200 blocks old, for faults that go back
chain_begin() {
    sed "s/@/$(($(date +%s) - ${chain_age_s:-8}))/" "$work/genesis.json" >"$work/begin.json"
    start_simulator "$work/begin.json" 127.0.0.1:0 --rule has_cancel_node_migration=yes "${chain_options[@]}"
    control sim_advance '{"blocks":200}'
}
# world_begin: a new chain, and A on it
world_begin() {
    pids=()
    rm -rf "$work"/{a,b,c,backup,chain}
    cp -a "$work"/kept/. "$work"
    rm -f "$work"/*.log "$work"/*.out
    chain_begin
    start_node a "${node_options[@]}"
    [ -n "${chain_age_s:-}" ] || wait_for "A to be active" shows a '"stage":"active"' '"ready":true'
}
world_end() { stop_all || fail "a process had to be killed"; }

# --- what operators do --------------------------------------------------------------------------------------------------------

attest_node() {
    by "$account" "${key[operator]}" prepay_attestation_storage 20000000000000000000000 '{"account_id":"'"$account"'","grants":1}'
    by "$account" "${signer[$1]}" submit_participant_info 0 \
        '{"proposed_participant_attestation":{"Mock":"Valid"},"tls_public_key":"'"${p2p[$1]}"'"}'
}
record() {
    by "$account" "${key[operator]}" start_node_migration 1 '{"destination_node_info":{"signer_account_pk":"'"${signer[$1]}"'",
        "destination_node_info":{"url":"http://'"$1"'.alice.near:80","tls_public_key":"'"${p2p[$1]}"'"}}}'
}
# put NAME: the backup service delivers; false when it is refused
put() { backup_client "${backup_home:-backup}" put-keyshares $(to_node "$1") >"$work/put.log" 2>&1 </dev/null; }

# --- the steps ------------------------------------------------------------------------------------------------------------------

b_starts() {
    start_node b "${node_options[@]}"
    wait_for "B to be idle" shows b '"situation":"no_migration"' '"backup_key_registered":true'
}
b_awaits_shares() {
    b_starts
    attest_node b
    record b
    wait_for "B to wait for shares" shows b '"stage":"await_shares"'
}
# The shares are put while no block comes, so that what B sends stays on its way.
b_sends_in_vain() {
    b_awaits_shares
    control sim_pause '{}'
    expect "the shares are taken" put b
    wait_for "B to send" log_says b "sending conclude_node_migration: transaction "
}
# What it sent is executed, in a block that is not final.
b_is_executed() {
    b_sends_in_vain
    wait_for "the chain to have it" chain_says_of "$(hashes_of b)" '"result":'
    control sim_advance '{"blocks":1}'
    wait_for "B to be told" shows b '"stage":"observing"'
}
b_blocks_without_attestation() {
    b_starts
    record b
    wait_for "B to wait for shares" shows b '"stage":"await_shares"'
    expect "the shares are taken" put b
    wait_for "B to be blocked" shows b '"stage":"blocked"' '"conclude_code":"attestation_missing"'
}
b_is_done() {
    b_awaits_shares
    expect "the shares are taken" put b
    wait_for "B to be active" shows b '"node_status":"active"'
}

# --- the end of every story -----------------------------------------------------------------------------------------------------

# hashes_of NAME: of every transaction that it sent, each once, in their order
hashes_of() { sed -n 's/.*sending conclude_node_migration: transaction \([^,]*\),.*/\1/p' "$work/$1.log" | awk '!seen[$0]++'; }
# chain_says_of HASH TEXT: the chain's answer about this transaction has it in it
chain_says_of() {
    post tx '{"tx_hash":"'"$1"'","sender_account_id":"'"$account"'","wait_until":"NONE"}'
    [[ $answer == *"$2"* ]]
}
nothing_is_left=('"active":false' '"transaction":null' '"blocked_by":null' '"conclude_code":null' '"last_contract_error":null'
    '"store_error":null' '"error_code":null')
# is_the_node NAME: it believes so, and shows nothing of what was
is_the_node() {
    shows "$1" '"ready":true' '"node_status":"active"' '"stage":"active"' "${nothing_is_left[@]}"
}
# was_the_node NAME: the contract names another one
was_the_node() {
    shows "$1" '"node_status":"idle"' '"situation":"no_migration"' "${nothing_is_left[@]}"
}
# one_node FROM TO: exactly TO is the node now, and FROM knows it
one_node() {
    wait_for "$2 to be the node" is_the_node "$2"
    wait_for "$1 to be so no more" was_the_node "$1"
    expect "the contract names $2" contract_lists "$2"
    # Of a record that was cancelled last, the node does not wait for the final block.
    wait_for "the record to be gone" contract_says migration_info ".\"$account\"[1] == null"
}
# sent_by NAME SENT [EXECUTED]: so many transactions (any: some), of which so many, by default 1, succeeded
sent_by() {
    local name=$1 sent=$2 executed=${3:-1} hash good=0
    set -- $(hashes_of "$name")
    [ "$sent" = any ] || [ $# -eq "$sent" ] || fail "$name sent $# transactions with other bytes, not $sent: $*"
    for hash; do
        if chain_says_of "$hash" '"SuccessValue"'; then good=$((good + 1)); fi
    done
    [ "$good" -eq "$executed" ] || fail "$good of $* succeeded, not $executed"
}
hold_the_same() { expect "$1 and $2 hold the same" test "$(exported "$1")" = "$(exported "$2")"; }
# concluded FROM TO [SENT [EXECUTED]]: all of it
concluded() {
    one_node "$1" "$2"
    hold_the_same "$1" "$2"
    sent_by "$2" "${3:-1}" "${4:-1}"
}

# --- which stories --------------------------------------------------------------------------------------------------------------

# choose_pairs HOW PART: sets `chosen` to some of `pairs`, each "TROUBLE STEP ...": all (of them the K-th of N shares, with PART K/N),
# one TROUBLE/STEP, or a number of them, drawn from `quick`
choose_pairs() {
    local how=$1 part=${2:-1/1} i pair
    chosen=()
    case $how in
    all)
        for ((i = ${part%/*} - 1; i < ${#pairs[@]}; i += ${part#*/})); do chosen+=("${pairs[i]}"); done
        ;;
    */*)
        for pair in "${pairs[@]}"; do
            if [[ "$pair " == "${how/\// } "* ]]; then chosen+=("$pair"); fi
        done
        ;;
    *)
        RANDOM=${MPC_TEST_SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
        echo "MPC_TEST_SEED=$MPC_TEST_SEED"
        while [ ${#chosen[@]} -lt "$how" ]; do
            i=$((RANDOM % ${#quick[@]}))
            chosen+=("${quick[i]}")
            quick=("${quick[@]:0:i}" "${quick[@]:i+1}")
        done
        ;;
    esac
    [ ${#chosen[@]} -gt 0 ] || fail "there is no $how"
}

# --- resharing and key generation -----------------------------------------------------------------------------------------------

# view_of_head METHOD: a view of the contract as it is now, final or not
view_of_head() {
    rpc query '{"request_type":"call_function","finality":"optimistic","account_id":"'"$contract"'","method_name":"'"$1"'","args_base64":""}' |
        jq -rj '.result.result | implode'
}
# listed FILE: which node is the account's in this view of the state
listed() {
    local name
    for name in a b c; do
        if grep -qF "${p2p[$name]}" "$1"; then echo $name; fi
    done
}
# by_voters METHOD ARGS: each of `voters` in turn; the account votes with the signer key of its node, which is $node
voters=(account bob carol)
node=a
by_voters() {
    local voter
    for voter in "${voters[@]}"; do by_voter "$voter" "$@"; done
}
by_voter() {
    case $1 in
    account) by "$account" "${signer[$node]}" "$2" 0 "$3" ;;
    *) by "$1.near" "${key[$1]}" "$2" 0 "$3" ;;
    esac
}
# Who takes part in a key event has submitted an attestation with the key that it calls with.
participants_attest() {
    local voter
    attest_node a
    for voter in bob carol; do
        by $voter.near "${key[$voter]}" prepay_attestation_storage 20000000000000000000000 \
            '{"account_id":"'$voter'.near","grants":1}'
        by $voter.near "${key[$voter]}" submit_participant_info 0 \
            '{"proposed_participant_attestation":{"Mock":"Valid"},"tls_public_key":"'"${key[$voter]}"'"}'
    done
}
# resharing_begins [PARAMETERS]: of the next epoch, by default with the parameters that hold
resharing_begins() {
    local parameters
    view_of_head state >"$work/now.json"
    epoch=$(jq '.Running | [.keyset.epoch_id, .previously_cancelled_resharing_epoch_id // 0] | max + 1' "$work/now.json")
    parameters=${1:-$(jq -c .Running.parameters "$work/now.json")}
    by_voters vote_new_parameters '{"prospective_epoch_id":'"$epoch"',"proposal":{"parameters":'"$parameters"',"per_domain_thresholds":{}}}'
}
resharing_is_cancelled() {
    by_voter bob vote_cancel_resharing '{}'
    by_voter carol vote_cancel_resharing '{}'
}
# The first of `voters` is the leader.
resharing_is_completed() {
    local domain event
    for domain in 0 1 2; do
        event='{"key_event_id":{"epoch_id":'"$epoch"',"domain_id":'"$domain"',"attempt_id":0}}'
        by_voter "${voters[0]}" start_reshare_instance "$event"
        by_voters vote_reshared "$event"
    done
}
# Of a fourth domain.
keygen_begins() {
    view_of_head state >"$work/now.json"
    epoch=$(jq .Running.keyset.epoch_id "$work/now.json")
    by_voters vote_add_domains \
        '{"domains":[{"id":3,"protocol":"ConfidentialKeyDerivation","reconstruction_threshold":2,"purpose":"CKD"}]}'
}
keygen_is_cancelled() {
    by_voter bob vote_cancel_keygen '{"next_domain_id":4}'
    by_voter carol vote_cancel_keygen '{"next_domain_id":4}'
}
keygen_is_completed() {
    local event='"key_event_id":{"epoch_id":'"$epoch"',"domain_id":3,"attempt_id":0}' public_key
    public_key=$(jq -r '.Running.keyset.domains[2].key.Bls12381.public_key' "$work/now.json")
    by_voter "${voters[0]}" start_keygen_instance "{$event}"
    by_voters vote_pk "{$event,\"public_key\":\"$public_key\"}"
}
# new_shares NAME: of the contract's keyset: those that the node has of its epoch, and new ones for what is missing
new_shares() {
    local keyset held made
    keyset=$(view_of_head state | "$helper" keyset)
    held=$("$bin/mpc-migrationd" keyshares export --home-dir "$work/$1")
    made=$((RANDOM % 100 + 1))
    [[ $held == *"${keyset%%,*}"* ]] || { "$helper" shares $made <<<"$keyset" && return; }
    printf '%s,' "${held%]}"
    sed 's/"domains":\[.*{"domain_id":3/"domains":[{"domain_id":3/' <<<"$keyset" | "$helper" shares $made | cut -c2-
}
# pem_of_backup HOME: what the backup service of this home shows and signs with
pem_of_backup() { pem_of_seed "$(jq -r '.p2p_private_key[]' "$work/$1/secrets.json" | xargs printf %02x)"; }
# put_request FILE: the request that delivers this body
put_request() {
    printf 'PUT http://example/set_keyshares HTTP/1.1\r\ncontent-length: %d\r\nconnection: close\r\n\r\n' "$(wc -c <"$1")"
    cat "$1"
}
# give_shares NAME: which a key event has made, and its node has; put with the backup service's key
give_shares() {
    pem_of_backup "${backup_home:-backup}" >"$work/giver.pem"
    new_shares "$1" | "$helper" seal "$MPC_BACKUP_ENCRYPTION_KEY_HEX" >"$work/given"
    put_request "$work/given" >"$work/giving"
    tls_client "$1" "$work/giver.pem" <"$work/giving" >"$work/taken" || true
    [ "$(status_of "$work/taken")" = 200 ] || fail "$1 did not take the new shares: $(<"$work/taken")"
}
