// near-api-js up to 6, which all begin with connect(). Each major version has its own tree: two in one would mix their classes.
import { CONTRACT } from './simulator.mjs';

const GAS = 300_000_000_000_000n;

export function opener({ connect, keyStores, KeyPair, providers, transactions }, asNumber) {
    return (url, { accountId, secretKey }) => {
        const networkId = 'localnet';
        const keyStore = new keyStores.InMemoryKeyStore();
        const account = keyStore.setKey(networkId, accountId, KeyPair.fromString(secretKey))
            .then(() => connect({ networkId, nodeUrl: url, keyStore }))
            .then((near) => near.account(accountId));
        return {
            view: async (methodName) => (await account).viewFunction({ contractId: CONTRACT, methodName, args: {} }),
            call: async (methodName, args, deposit) => providers.getTransactionLastResult(await (await account).functionCall({
                contractId: CONTRACT, methodName, args, gas: asNumber(GAS), attachedDeposit: asNumber(deposit),
            })),
            async prepare(method, args, deposit) {
                const { provider } = (await account).connection;
                const [, signed] = await (await account).signTransaction(CONTRACT,
                    [transactions.functionCall(method, args, asNumber(GAS), asNumber(deposit))]);
                return { send: async () => providers.getTransactionLastResult(await provider.sendTransaction(signed)) };
            },
        };
    };
}
