// near-api-js 7: an account over a provider.
import assert from 'node:assert/strict';
import { Account, JsonRpcProvider, actions, encodeTransaction, teraToGas } from 'near-api-js';
import { CONTRACT, makeKey } from '../simulator.mjs';

export const client = 'near-api-js 7.3.1';
export const retriesTimeout = true;

const GAS = teraToGas('300');
const valueOf = (outcome) => JSON.parse(Buffer.from(outcome.status.SuccessValue, 'base64'));

export function open(url, { accountId, secretKey }) {
    const provider = new JsonRpcProvider({ url });
    const account = new Account(accountId, provider, secretKey);
    return {
        account, provider,
        view: (method) =>
            provider.callFunction({ contractId: CONTRACT, method, args: {}, blockQuery: { finality: 'final' } }),
        call: async (methodName, args, deposit) => valueOf(await account.callFunctionRaw({
            contractId: CONTRACT, methodName, args, deposit, gas: GAS, waitUntil: 'FINAL',
        })),
        async prepare(method, args, deposit) {
            const signed = await account.createSignedTransaction({
                receiverId: CONTRACT, actions: [actions.functionCall(method, args, GAS, deposit)],
            });
            return { send: async () => valueOf(await provider.sendTransactionUntil(signed, 'FINAL')) };
        },
    };
}

// The signed bytes of a call, as base64, for a client that only sends.
export async function sign(url, { accountId, secretKey }, method, args, deposit) {
    const signed = await new Account(accountId, url, secretKey).createSignedTransaction({
        receiverId: CONTRACT, actions: [actions.functionCall(method, args, GAS, deposit)],
    });
    return Buffer.from(encodeTransaction(signed)).toString('base64');
}

export const more = [
    ['finds a transaction by its hash', async ({ alice: { account, provider } }) => {
        const outcome = await account.callFunctionRaw({
            contractId: CONTRACT, methodName: 'register_backup_service', deposit: 1n, waitUntil: 'FINAL',
            args: { backup_service_info: { public_key: makeKey().publicKey } },
        });
        assert.equal(outcome.final_execution_status, 'FINAL');
        assert.equal(outcome.transaction.signer_id, 'alice.near');
        assert.equal(outcome.receipts_outcome[0].outcome.executor_id, CONTRACT);
        const again = await provider.viewTransactionStatus({
            txHash: outcome.transaction.hash, accountId: 'alice.near', waitUntil: 'FINAL',
        });
        assert.deepEqual(again.status, outcome.status);
    }],
    ['adds, lists, uses and deletes a key', async ({ alice: { account }, url }) => {
        const added = makeKey();
        await account.addFullAccessKey(added.publicKey);
        const { keys } = await account.getAccessKeyList();
        assert.ok(keys.some((key) => key.public_key === added.publicKey));
        const backup = { backup_service_info: { public_key: makeKey().publicKey } };
        assert.equal(await open(url, { accountId: 'alice.near', ...added }).call('register_backup_service', backup, 1n), null);
        await account.deleteKey(added.publicKey);
        await assert.rejects(account.getAccessKey(added.publicKey));
    }],
    ['reads accounts, blocks and the status', async ({ alice: { provider } }) => {
        assert.equal((await provider.viewAccount({ accountId: 'bob.near' })).amount, 10n ** 27n);
        await assert.rejects(provider.viewAccount({ accountId: 'ghost.near' }), /ghost\.near/);
        const block = await provider.viewBlock({ finality: 'final' });
        assert.equal((await provider.viewBlock({ blockId: block.header.hash })).header.height, block.header.height);
        assert.equal((await provider.viewNodeStatus()).sync_info.syncing, false);
        await assert.rejects(provider.callFunction({ contractId: CONTRACT, method: 'no_such_view', args: {} }),
            (error) => error.name === 'ContractMethodNotFoundError');
    }],
    ['is told that an argument is missing', async ({ alice }) => {
        await assert.rejects(alice.call('conclude_node_migration', {}, 0n),
            /Smart contract panicked: Failed to deserialize input from JSON/);
    }],
    ['is told that the key is not there', async ({ url }) => {
        const stranger = open(url, { accountId: 'alice.near', ...makeKey() });
        await assert.rejects(stranger.call('register_backup_service', {}, 1n), /[Aa]ccess ?[Kk]ey/);
    }],
];
