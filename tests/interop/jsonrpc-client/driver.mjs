// @near-js/jsonrpc-client, which validates every reply against the published schema. It does not sign: near-api-js 7 does, in its
// own tree.
import assert from 'node:assert/strict';
import * as near from '@near-js/jsonrpc-client';
import { sign } from '../near-api-js-7/driver.mjs';
import { CONTRACT, makeKey } from '../simulator.mjs';

export const client = '@near-js/jsonrpc-client 1.4.0';
export const retriesTimeout = false;

// A failed execution is a result of this client, not an error.
function valueOf({ status }) {
    if (status.Failure)
        throw new Error(JSON.stringify(status.Failure));
    return JSON.parse(Buffer.from(status.SuccessValue, 'base64'));
}

export function open(url, key) {
    const rpc = new near.NearRpcClient({ endpoint: url });
    async function prepare(...call) {
        const signedTxBase64 = await sign(url, key, ...call);
        return { send: async () => valueOf(await near.sendTx(rpc, { signedTxBase64, waitUntil: 'FINAL' })) };
    }
    return {
        rpc, prepare, key,
        view: (methodName) => near.viewFunctionAsJson(rpc, { accountId: CONTRACT, methodName, finality: 'final' }),
        call: async (...call) => (await prepare(...call)).send(),
    };
}

const register = () => ['register_backup_service', { backup_service_info: { public_key: makeKey().publicKey } }, 1n];

export const more = [
    ['takes the form of every view', async ({ alice: { rpc, key } }) => {
        const accountId = 'alice.near';
        assert.equal((await near.viewAccount(rpc, { accountId, finality: 'final' })).codeHash, '1'.repeat(32));
        assert.equal((await near.viewAccessKey(rpc, { accountId, publicKey: key.publicKey, finality: 'final' })).permission,
            'FullAccess');
        const { keys } = await near.query(rpc, { requestType: 'view_access_key_list', accountId, finality: 'optimistic' });
        assert.equal(keys.length, 2);
        await assert.rejects(near.viewAccount(rpc, { accountId: 'ghost.near', finality: 'final' }),
            (error) => error.data === 'account ghost.near does not exist while viewing');
        await assert.rejects(near.viewFunction(rpc, { accountId: CONTRACT, methodName: 'no_such_view' }), /MethodNotFound/);
    }],
    ['takes the form of blocks and of what the node says of itself', async ({ alice: { rpc } }) => {
        const { header } = await near.block(rpc, { finality: 'final' });
        assert.equal((await near.block(rpc, { blockId: header.height })).header.hash, header.hash);
        assert.equal((await near.status(rpc)).chainId, 'localnet');
        assert.equal((await near.gasPrice(rpc, { blockId: null })).gasPrice, '100000000');
        assert.deepEqual((await near.networkInfo(rpc)).activePeers, []);
        assert.deepEqual((await near.validators(rpc, 'latest')).currentProposals, []);
    }],
    ['takes the form of every way to send and to ask', async ({ alice: { rpc, key }, url }) => {
        const sent = { signedTxBase64: await sign(url, key, ...register()) };
        const hash = await near.broadcastTxAsync(rpc, sent);
        assert.equal((await near.broadcastTxCommit(rpc, sent)).transaction.hash, hash);
        // Its schema knows no short reply, so it cannot wait for NONE.
        for (const waitUntil of ['INCLUDED', 'EXECUTED_OPTIMISTIC', 'INCLUDED_FINAL', 'EXECUTED', 'FINAL'])
            await near.sendTx(rpc, { ...sent, waitUntil });
        const asked = { txHash: hash, senderAccountId: 'alice.near', waitUntil: 'FINAL' };
        assert.equal((await near.tx(rpc, asked)).finalExecutionStatus, 'FINAL');
        const { receipts } = await near.experimentalTxStatus(rpc, asked);
        assert.deepEqual(receipts.map((receipt) => receipt.predecessorId), ['alice.near']);
    }],
];
