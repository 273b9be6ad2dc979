// near-api-js 7 against the simulator: the calls of a migration, a panic, and what a key may not do.
import assert from 'node:assert/strict';
import { Account, JsonRpcProvider, KeyPair, teraToGas } from 'near-api-js';
import { CONTRACT, genesis, withSimulator } from './simulator.mjs';

const full = KeyPair.fromRandom('ed25519');
const restricted = KeyPair.fromRandom('ed25519');
const outsider = KeyPair.fromRandom('ed25519');
const backupKey = KeyPair.fromRandom('ed25519').getPublicKey().toString();
const destinationKey = KeyPair.fromRandom('ed25519').getPublicKey().toString();
const destinationTls = KeyPair.fromRandom('ed25519').getPublicKey().toString();

const fullAccess = (pair) => ({ public_key: pair.getPublicKey().toString(), permission: 'FullAccess' });
const accounts = [
    {
        account_id: 'alice.near',
        access_keys: [fullAccess(full), {
            public_key: restricted.getPublicKey().toString(),
            permission: { FunctionCall: { allowance: null, receiver_id: CONTRACT, method_names: ['start_node_migration'] } },
        }],
    },
    { account_id: 'dave.near', access_keys: [fullAccess(outsider)] },
];

const registerArgs = { backup_service_info: { public_key: backupKey } };
const startArgs = {
    destination_node_info: {
        signer_account_pk: destinationKey,
        destination_node_info: { url: 'http://new.alice.near:80', tls_public_key: destinationTls },
    },
};

let count = 0;
async function test(name, body) {
    count += 1;
    try {
        await body();
        console.log(`ok ${count} - near-api-js: ${name}`);
    } catch (error) {
        console.log(`not ok ${count} - near-api-js: ${name}`);
        throw error;
    }
}

const call = (account, methodName, args, more = {}) => account.callFunctionRaw({
    contractId: CONTRACT, methodName, args, deposit: 1n, gas: teraToGas('300'), waitUntil: 'FINAL', ...more,
});

await withSimulator(genesis(accounts), ['--profile', 'v3.14', '--block-time-ms', '100'], async (url) => {
    const provider = new JsonRpcProvider({ url });
    const account = (id, pair) => new Account(id, provider, pair.toString());
    const alice = account('alice.near', full);
    const view = (method) =>
        provider.callFunction({ contractId: CONTRACT, method, args: {}, blockQuery: { finality: 'final' } });

    await test('reads migration_info and state', async () => {
        assert.deepEqual(await view('migration_info'), {});
        assert.equal((await view('state')).Running.keyset.epoch_id, 5);
    });
    await test('sends register_backup_service', async () => {
        const outcome = await call(alice, 'register_backup_service', registerArgs);
        assert.equal(outcome.final_execution_status, 'FINAL');
        assert.deepEqual(outcome.status, { SuccessValue: 'bnVsbA==' });
        assert.equal(outcome.transaction.signer_id, 'alice.near');
        assert.equal(outcome.receipts_outcome[0].outcome.executor_id, CONTRACT);
        assert.deepEqual(await view('migration_info'), { 'alice.near': [{ public_key: backupKey }, null] });
    });
    await test('sends start_node_migration and finds it by its hash', async () => {
        const outcome = await call(alice, 'start_node_migration', startArgs);
        assert.deepEqual(outcome.status, { SuccessValue: 'bnVsbA==' });
        assert.deepEqual((await view('migration_info'))['alice.near'][1], startArgs.destination_node_info);
        const again = await provider.viewTransactionStatus({
            txHash: outcome.transaction.hash, accountId: 'alice.near', waitUntil: 'FINAL',
        });
        assert.deepEqual(again.status, outcome.status);
    });
    await test('shows the text of a panic', async () => {
        const sent = call(account('dave.near', outsider), 'register_backup_service', registerArgs);
        await assert.rejects(sent, (error) => {
            assert.equal(error.name, 'ContractExecutionError');
            assert.match(error.message, /Smart contract panicked: Not a participant: dave\.near/);
            return true;
        });
        const conclude = call(alice, 'conclude_node_migration', { keyset: {} }, { deposit: 0n });
        await assert.rejects(conclude, /Smart contract panicked: Failed to deserialize input from JSON/);
    });
    await test('is told what a restricted key may not do', async () => {
        const node = account('alice.near', restricted);
        await assert.rejects(call(node, 'start_node_migration', startArgs), /deposit/i);
        await assert.rejects(call(node, 'conclude_node_migration', { keyset: {} }, { deposit: 0n }),
            /conclude_node_migration/);
        const stranger = account('alice.near', outsider);
        await assert.rejects(call(stranger, 'register_backup_service', registerArgs), /[Aa]ccess ?[Kk]ey/);
    });
    await test('adds, lists, uses and deletes a key', async () => {
        const added = KeyPair.fromRandom('ed25519');
        const publicKey = added.getPublicKey().toString();
        await alice.addFullAccessKey(publicKey);
        const { keys } = await alice.getAccessKeyList();
        assert.ok(keys.some((key) => key.public_key === publicKey));
        await call(account('alice.near', added), 'register_backup_service', registerArgs);
        await alice.deleteKey(publicKey);
        await assert.rejects(alice.getAccessKey(publicKey));
    });
    await test('reads accounts, blocks and the status', async () => {
        assert.equal((await provider.viewAccount({ accountId: 'bob.near' })).amount, 10n ** 27n);
        await assert.rejects(provider.viewAccount({ accountId: 'ghost.near' }), /ghost\.near/);
        const block = await provider.viewBlock({ finality: 'final' });
        assert.equal((await provider.viewBlock({ blockId: block.header.hash })).header.height, block.header.height);
        assert.equal((await provider.viewNodeStatus()).sync_info.syncing, false);
        await assert.rejects(provider.callFunction({ contractId: CONTRACT, method: 'no_such_view', args: {} }),
            (error) => error.name === 'ContractMethodNotFoundError');
    });
});
console.log(`1..${count}`);
