// The real mpc-contract-sim on a free port, with a genesis made here: alice, bob and carol run the contract, dave is an outsider.
import { spawn } from 'node:child_process';
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

// Start it, wait for its `ready`, and run `story(url)`; whatever happens, it is stopped, and has to exit with 0.
export async function withSimulator(genesisValue, options, story) {
    const dir = mkdtempSync(join(tmpdir(), 'mpc-interop-'));
    const genesisFile = join(dir, 'genesis.json');
    const portFile = join(dir, 'port.json');
    writeFileSync(genesisFile, JSON.stringify(genesisValue));
    const program = process.env.MPC_CONTRACT_SIM;
    const child = spawn(program, ['serve', '--genesis', genesisFile, '--listen', '127.0.0.1:0', '--port-file', portFile,
        ...options], { stdio: ['ignore', 'inherit', 'pipe'] });
    const exited = new Promise((resolve) => child.on('exit', resolve));
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
                console.error(`# ${line}`);
        });
        child.on('error', reject);
        child.on('exit', (code) => reject(new Error(`mpc-contract-sim exited with ${code} before it was ready`)));
    });
}
