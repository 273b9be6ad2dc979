// The real mpc-contract-sim on a free port, with a genesis made here: alice, bob and carol run the contract, dave is an outsider.
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const CONTRACT = 'v1.signer.test';

const tlsKeys = {
    'alice.near': 'ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC',
    'bob.near': 'ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47',
    'carol.near': 'ed25519:HuMu36PCagGCbgQnKRgij1et7zEpBHgDWfLYTkzXzjGN',
};

function base58(bytes) {
    const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    let number = BigInt(`0x${bytes.toString('hex')}`);
    let text = '';
    for (; number > 0n; number /= 58n)
        text = alphabet[Number(number % 58n)] + text;
    return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text;
}

// A new key in NEAR's text forms, made without any of the clients.
export function makeKey() {
    const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
    return { publicKey: `ed25519:${base58(point)}`, secretKey: `ed25519:${base58(Buffer.concat([seed, point]))}` };
}

export function genesis(accounts) {
    const secp256k1 =
        'secp256k1:3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya';
    const participants = Object.entries(tlsKeys).map(([account, key], id) =>
        [account, id, { url: `https://${account}:80`, tls_public_key: key }]);
    return {
        format: 'mpc-genesis/1',
        contract_id: CONTRACT,
        init_running: {
            domains: [{ id: 0, protocol: 'CaitSith', reconstruction_threshold: 2, purpose: 'Sign' }],
            next_domain_id: 1,
            keyset: { epoch_id: 5, domains: [{ domain_id: 0, key: { Secp256k1: { near_public_key: secp256k1 } }, attempt: 0 }] },
            parameters: { participants: { next_id: 3, participants }, threshold: 2 },
        },
        accounts,
    };
}

// Ask without any client: the result, or an Error with the answer in it.
export async function rpc(url, method, params) {
    const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const reply = await response.json();
    if (reply.error)
        throw new Error(`${method}: ${JSON.stringify(reply.error)}`);
    return reply.result;
}

// Start it, wait for its `ready`, and run `story(url)`; whatever happens, it is stopped, and has to exit with 0.
export async function withSimulator(genesisValue, options, story) {
    const dir = mkdtempSync(join(tmpdir(), 'mpc-interop-'));
    const genesisFile = join(dir, 'genesis.json');
    const portFile = join(dir, 'port.json');
    writeFileSync(genesisFile, JSON.stringify(genesisValue));
    const program = process.env.MPC_CONTRACT_SIM;
    const child = spawn(program, ['serve', '--genesis', genesisFile, '--listen', '127.0.0.1:0', '--port-file', portFile,
        ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    for (const signal of ['SIGTERM', 'SIGINT'])
        process.once(signal, () => child.kill('SIGTERM') && process.exit(1));
    try {
        await ready(child);
        await story(`http://${JSON.parse(readFileSync(portFile, 'utf8')).listen}`);
    } finally {
        child.kill('SIGTERM');
        const code = await exited;
        rmSync(dir, { recursive: true });
        if (code !== 0)
            throw new Error(`mpc-contract-sim exited with ${code}`);
    }
}

function ready(child) {
    return new Promise((resolve, reject) => {
        createInterface({ input: child.stderr }).on('line', (line) => {
            if (line.includes('ready: '))
                resolve();
            else
                console.error(line);
        });
        child.on('error', reject);
        child.on('exit', (code) => reject(new Error(`mpc-contract-sim exited with ${code} before it was ready`)));
    });
}
