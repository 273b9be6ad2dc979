// near-kit, which validates every reply.
import assert from 'node:assert/strict';
import { Near } from 'near-kit';
import { CONTRACT, makeKey } from '../simulator.mjs';

export const client = 'near-kit 0.19.0';
export const retriesTimeout = true;

const valueOf = (outcome) => JSON.parse(Buffer.from(outcome.status.SuccessValue, 'base64'));
const options = (deposit) => ({ gas: '300 Tgas', attachedDeposit: `${deposit} yocto` });

export function open(url, { accountId, secretKey }) {
    const near = new Near({
        network: { networkId: 'localnet', rpcUrl: url }, privateKey: secretKey, defaultSignerId: accountId,
        retryConfig: { maxRetries: 3, initialDelayMs: 100 },
    });
    return {
        near,
        view: (method) => near.view(CONTRACT, method),
        call: async (method, args, deposit) =>
            valueOf(await near.call(CONTRACT, method, args, { ...options(deposit), waitUntil: 'FINAL' })),
        async prepare(method, args, deposit) {
            const signed = await near.transaction(accountId).functionCall(CONTRACT, method, args, options(deposit)).sign();
            const bytes = signed.serialize();
            return { send: async () => valueOf(await near.rpc.sendTransaction(bytes, 'FINAL')) };
        },
    };
}

export const more = [
    ['takes the form of every reply', async ({ alice: { near } }) => {
        const { publicKey } = makeKey();
        assert.equal((await near.getAccount('bob.near')).balance, '1000.00');
        assert.equal(await near.accountExists('ghost.near'), false);
        assert.equal(await near.getAccessKey('alice.near', publicKey), null);
        assert.equal((await near.getAccessKeys('alice.near')).keys.length, 2);
        assert.equal((await near.getStatus()).chain_id, 'localnet');
        assert.equal((await near.rpc.getGasPrice()).gas_price, '100000000');
        const { header } = await near.rpc.getBlock({ finality: 'final' });
        assert.equal((await near.rpc.getBlock({ blockId: header.height })).header.hash, header.hash);
        const { transaction } = await near.transaction('alice.near')
            .addKey(publicKey, { type: 'functionCall', receiverId: CONTRACT, methodNames: ['a'], allowance: '1 NEAR' })
            .send({ waitUntil: 'EXECUTED' });
        const status = await near.getTransactionStatus(transaction.hash, 'alice.near', 'FINAL');
        assert.deepEqual([status.final_execution_status, status.receipts], ['FINAL', []]);
        await near.transaction('alice.near').deleteKey('alice.near', publicKey).send({ waitUntil: 'NONE' });
    }],
    ['is shown the text of a view that is refused', async ({ alice: { near } }) => {
        await assert.rejects(near.view(CONTRACT, 'no_such_view'), /MethodNotFound/);
    }],
];
