// The cases that every client goes through, over the drivers in the directories beside. A driver exports:
//
//   client         its name and version
//   retriesTimeout whether the client sends again by itself after HTTP 408
//   open(url, { accountId, publicKey, secretKey }) -> session:
//     view(method)                   what the contract returned, from its JSON
//     call(method, args, deposit)    the same, of a signed call with 300 Tgas, the way the client's manual shows it
//     prepare(method, args, deposit) -> { send() }, which sends the same signed bytes each time;
//                                    a client that cannot sign without sending has none
//   more           [name, async ({ alice, url }) => ...] pairs: cases of this client alone
//
// node cases.mjs DIRECTORY runs one client and prints a TAP line for each case.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { CONTRACT, genesis, makeKey, rpc, withSimulator } from './simulator.mjs';

const CASE_MS = 40_000;
const ALICE = 'alice.near';
const keys = { full: makeKey(), restricted: makeKey(), outsider: makeKey() };
const accounts = [
    {
        account_id: ALICE,
        access_keys: [{ public_key: keys.full.publicKey, permission: 'FullAccess' }, {
            public_key: keys.restricted.publicKey,
            permission: { FunctionCall: { allowance: null, receiver_id: CONTRACT, method_names: ['start_node_migration'] } },
        }],
    },
    { account_id: 'dave.near', access_keys: [{ public_key: keys.outsider.publicKey, permission: 'FullAccess' }] },
];

const register = (publicKey) => ['register_backup_service', { backup_service_info: { public_key: publicKey } }, 1n];
const start = () => ['start_node_migration', {
    destination_node_info: {
        signer_account_pk: makeKey().publicKey,
        destination_node_info: { url: 'http://new.alice.near:80', tls_public_key: makeKey().publicKey },
    },
}];

// What the chain says, asked without the client.
function chainAt(url) {
    const query = (params) => rpc(url, 'query', { finality: 'optimistic', ...params });
    return {
        async migrationInfo() {
            const { result } = await query({
                request_type: 'call_function', account_id: CONTRACT, method_name: 'migration_info', args_base64: 'e30=',
            });
            return JSON.parse(Buffer.from(result));
        },
        async nonce(accountId, { publicKey }) {
            return (await query({ request_type: 'view_access_key', account_id: accountId, public_key: publicKey })).nonce;
        },
    };
}

// It fails, the client's error says why in any of its members, and the chain is as it was.
async function refused({ chain, key }, work, reason) {
    const before = [await chain.migrationInfo(), await chain.nonce(ALICE, key)];
    await assert.rejects(work, (error) => {
        assert.match(inspect(error, { depth: 8 }), reason);
        return true;
    });
    assert.deepEqual([await chain.migrationInfo(), await chain.nonce(ALICE, key)], before);
}

// Executed once: the key's nonce went one further, and the contract has what was sent.
async function executedOnce({ chain, key }, nonce, backupKey) {
    assert.equal(await chain.nonce(ALICE, key), nonce + 1);
    assert.deepEqual((await chain.migrationInfo())[ALICE][0], { public_key: backupKey });
}

const cases = [
    ['view', async ({ alice }) => {
        assert.deepEqual(await alice.view('migration_info'), {});
        assert.equal((await alice.view('state')).Running.keyset.epoch_id, 5);
    }],
    ['signed call that succeeds', async ({ alice, chain }) => {
        const backup = makeKey().publicKey;
        assert.equal(await alice.call(...register(backup)), null);
        assert.deepEqual(await chain.migrationInfo(), { [ALICE]: [{ public_key: backup }, null] });
    }],
    ['signed call that panics', async ({ dave }) => {
        await assert.rejects(dave.call(...register(makeKey().publicKey)), (error) => {
            assert.match(error.message, /Smart contract panicked: Not a participant: dave\.near/);
            return true;
        });
    }],
    ['wrong nonce', async ({ alice, chain, url }) => {
        const backup = makeKey().publicKey;
        if (alice.prepare) {
            const late = await alice.prepare(...register(makeKey().publicKey));
            await alice.call(...register(backup));
            await refused({ chain, key: keys.full }, () => late.send(), /InvalidNonce/);
            return;
        }
        console.log('it cannot sign without sending, so one InvalidNonce is ordered; it takes the next nonce by itself');
        const nonce = await chain.nonce(ALICE, keys.full);
        await rpc(url, 'sim_fault', { kind: 'invalid_nonce', count: 1 });
        assert.equal(await alice.call(...register(backup)), null);
        assert.deepEqual(await rpc(url, 'sim_faults', {}), []);
        await executedOnce({ chain, key: keys.full }, nonce, backup);
    }],
    ['key without the method', async ({ node, chain }) => {
        const call = () => node.call('conclude_node_migration', { keyset: { epoch_id: 5, domains: [] } }, 0n);
        await refused({ chain, key: keys.restricted }, call, /MethodNameMismatch/);
    }],
    ['deposit on a function-call key', async ({ node, chain }) => {
        await refused({ chain, key: keys.restricted }, () => node.call(...start(), 1n), /DepositWithFunctionCall/);
    }],
    ['re-send after 408', async ({ open, chain, url, driver }) => {
        const backup = makeKey().publicKey;
        const nonce = await chain.nonce(ALICE, keys.full);
        // Anew, so that no client begins with a nonce it remembers, and then signs again for another reason than the 408.
        const alice = open(ALICE, keys.full);
        await rpc(url, 'sim_fault', { kind: 'timeout_408', count: 1 });
        if (driver.retriesTimeout) {
            assert.equal(await alice.call(...register(backup)), null);
        } else {
            console.log('it gives up at 408, so the same bytes are sent again here');
            const call = await alice.prepare(...register(backup));
            await assert.rejects(call.send(), /Timeout|Server error/);
            assert.equal(await call.send(), null);
        }
        assert.deepEqual(await rpc(url, 'sim_faults', {}), []);
        await executedOnce({ chain, key: keys.full }, nonce, backup);
    }],
];

// A client that retries for ever fails its case, not the run.
async function withDeadline(work) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no end after ${CASE_MS} ms`)), CASE_MS);
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function run(driver) {
    let failed = 0;
    await withSimulator(genesis(accounts), ['--profile', 'v3.14', '--block-time-ms', '50'], async (url) => {
        const open = (accountId, key) => driver.open(url, { accountId, ...key });
        const sim = {
            driver, url, open, chain: chainAt(url),
            alice: open(ALICE, keys.full), node: open(ALICE, keys.restricted), dave: open('dave.near', keys.outsider),
        };
        for (const [name, body] of [...cases, ...(driver.more ?? [])]) {
            try {
                await withDeadline(body(sim));
                say(`ok - ${driver.client}: ${name}`);
            } catch (error) {
                failed += 1;
                say(`not ok - ${driver.client}: ${name}`);
                console.log(inspect(error, { depth: 8 }));
            }
        }
    });
    return failed;
}

// Some clients say on the console what they do; in TAP that is a comment.
const say = (line) => process.stdout.write(`${line}\n`);
for (const way of ['log', 'warn', 'error'])
    console[way] = (...words) => say(words.join(' ').replaceAll(/^/gm, '# '));
const driver = await import(resolve(process.argv[2], 'driver.mjs'));
process.exit(await run(driver) ? 1 : 0);
