# A network on loopback, for scripts/demo and tests/system: nodes of one account, the simulated contract, and what an operator
# does to both. Sourced after common.sh and demo-data.sh, never run. The script sets `work` (a directory) and `bin` (where the
# programs are) first, and keeps `rpc_url` at the NEAR RPC that nodes read; NAME is a node's name and its home's, $work/NAME.

account=alice.near
contract=v1.signer.test
poll_interval_ms=200
rpc_url=http://127.0.0.1:9 # nobody answers there

# make_secrets: what every node and client of this network is given by its environment
make_secrets() {
    export MPC_SECRET_STORE_KEY MPC_BACKUP_ENCRYPTION_KEY_HEX BACKUP_ENCRYPTION_KEY_HEX
    MPC_SECRET_STORE_KEY=$(openssl rand -hex 16)
    MPC_BACKUP_ENCRYPTION_KEY_HEX=$(openssl rand -hex 32)
    BACKUP_ENCRYPTION_KEY_HEX=$MPC_BACKUP_ENCRYPTION_KEY_HEX
}

# make_operator_keys: keys of the operator and of the other participants
make_operator_keys() {
    "$bin/near-send" generate --account-id "$account" >"$work/operator.key"
    for name in bob carol; do
        "$bin/near-send" generate --account-id "$name.near" >"$work/$name.key"
    done
}
key_of() { jq -r .public_key "$work/$1.key"; }

# --- nodes ----------------------------------------------------------------------------------------------------------------

# launch_node NAME [OPTION...]: its addresses go to $work/NAME.ports
launch_node() {
    local name=$1
    shift
    start_process "$name" "$bin/mpc-migrationd" --home-dir "$work/$name" --account-id "$account" --contract-id "$contract" \
        --near-rpc-url "$rpc_url" --listen 127.0.0.1:0 --telemetry-listen 127.0.0.1:0 --poll-interval-ms "$poll_interval_ms" \
        --port-file "$work/$name.ports" "$@"
}
# start_node NAME [OPTION...]: and wait until it listens
start_node() {
    mkdir -p -m 700 "$work/$1"
    rm -f "$work/$1.ports"
    launch_node "$@"
    wait_for "$1 to listen" test -s "$work/$1.ports"
}
# make_node NAME: a home with keys, which a first start makes
make_node() {
    start_node "$1"
    stop_process "$1"
}
listen_of() { jq -r .listen "$work/$1.ports"; }
telemetry_of() { jq -r .telemetry "$work/$1.ports"; }
# page NAME PATH: a page of its telemetry
page() { curl -sS "http://$(telemetry_of "$1")$2"; }
# Keys of a node; it may run or not.
p2p_key_of() { "$bin/mpc-migrationd" show-keys --home-dir "$work/$1" --json | jq -er .p2p_public_key; }
signer_key_of() { "$bin/mpc-migrationd" show-keys --home-dir "$work/$1" --json | jq -er .signer_public_key; }

node_knows() { page "$1" /debug/migrations | grep -q "$2"; }
node_is_ready() { curl -fsS -o /dev/null "http://$(telemetry_of "$1")/ready" 2>/dev/null; }
node_says() { page "$1" /status | jq -e "$2" >/dev/null; }
# exported NAME: the digest of the shares it stores
exported() { "$bin/mpc-migrationd" keyshares export --home-dir "$work/$1" | sha256sum | cut -d' ' -f1; }

# --- the contract ---------------------------------------------------------------------------------------------------------

# write_genesis LISTED NAME...: epoch 5 is running, the account's node is LISTED, and the signer keys of the nodes NAME... are
# access keys of the account
write_genesis() {
    local listed=$1 name keys
    shift
    keys="{\"public_key\":\"$(key_of operator)\",\"permission\":\"FullAccess\"}"
    for name in "$@"; do keys+=",$(access_key "$(signer_key_of "$name")")"; done
    cat >"$work/genesis.json" <<END
{"format":"mpc-genesis/1","contract_id":"$contract","init_running":{"domains":$demo_domains_json,"next_domain_id":${demo_next_domain_id:-3},
 "keyset":$demo_keyset_json,"parameters":{"threshold":2,"participants":{"next_id":3,"participants":[
  ["$account",0,{"url":"http://$listed.alice.near:80","tls_public_key":"$(p2p_key_of "$listed")"}],
  ["bob.near",1,{"url":"http://bob.near:80","tls_public_key":"$(key_of bob)"}],
  ["carol.near",2,{"url":"http://carol.near:80","tls_public_key":"$(key_of carol)"}]]}},"init_config":null},
 "accounts":[{"account_id":"$account","access_keys":[$keys]}]}
END
}
access_key() {
    printf '{"public_key":"%s","permission":{"FunctionCall":{"allowance":null,"receiver_id":"%s","method_names":[]}}}' "$1" "$contract"
}

# start_simulator GENESIS [ADDRESS:PORT [OPTION...]]: sets rpc_url
start_simulator() {
    local genesis=$1 listen=${2:-127.0.0.1:0}
    shift $(($# < 2 ? $# : 2))
    rm -f "$work/sim.ports"
    start_process sim "$bin/mpc-contract-sim" serve --genesis "$genesis" --profile v3.14 --listen "$listen" \
        --block-time-ms "${block_time_ms:-200}" --port-file "$work/sim.ports" "$@"
    wait_for "the simulator to listen" test -s "$work/sim.ports"
    rpc_url=http://$(jq -r .listen "$work/sim.ports")
}
rpc() {
    curl -fsS "$rpc_url" -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"'"$1"'","params":'"$2"'}'
}
# view METHOD: a contract view at final, as JSON text
view() {
    rpc query '{"request_type":"call_function","finality":"final","account_id":"'"$contract"'","method_name":"'"$1"'","args_base64":""}' |
        jq -rj '.result.result | implode'
}
contract_says() { view "$1" | jq -e "$2" >/dev/null; }
# contract_lists NAME: is it the account's node?
contract_lists() { view state | grep -qF "$(p2p_key_of "$1")"; }

# --- the operator -----------------------------------------------------------------------------------------------------------

# operator_calls METHOD ARGS [DEPOSIT]: what the NEAR CLI does for an operator
operator_calls() {
    "$bin/near-send" call --rpc-url "$rpc_url" --signer-account-id "$account" --key-file "$work/operator.key" \
        --contract-id "$contract" --method "$1" --args "$2" --deposit-yocto "${3:-1}"
}
# prepay_attestation; submit_attestation NAME: how a node comes to an attestation in this profile
prepay_attestation() {
    operator_calls prepay_attestation_storage '{"account_id":"'"$account"'","grants":1}' 20000000000000000000000
}
submit_attestation() {
    "$bin/near-send" call --rpc-url "$rpc_url" --signer-account-id "$account" --key-file "$work/$1/secrets.json" \
        --contract-id "$contract" --method submit_participant_info \
        --args '{"proposed_participant_attestation":{"Mock":"Valid"},"tls_public_key":"'"$(p2p_key_of "$1")"'"}'
}
# start_migration NAME: to this node
start_migration() {
    operator_calls start_node_migration '{"destination_node_info":{"signer_account_pk":"'"$(signer_key_of "$1")"'",
        "destination_node_info":{"url":"http://'"$1"'.alice.near:80","tls_public_key":"'"$(p2p_key_of "$1")"'"}}}'
}

# backup_client HOME COMMAND...: mpc-backup with the home $work/HOME
backup_client() {
    local home=$1
    shift
    "$bin/mpc-backup" --home-dir "$work/$home" "$@"
}
# register_backup HOME: its key becomes the account's backup key
register_backup() {
    backup_client "$1" register --mpc-contract-account-id "$contract" --near-network localnet --signer-account-id "$account" \
        --rpc-url "$rpc_url" --signer-key-file "$work/operator.key"
}
# the node NAME as options of the client
to_node() { printf -- '--mpc-node-address %s --mpc-node-p2p-key %s' "$(listen_of "$1")" "$(p2p_key_of "$1")"; }
