// near-cli, the command line: each call is a process of its own, with a home directory of its own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { CONTRACT, makeKey } from '../simulator.mjs';

export const client = 'near-cli 4.0.13';
export const retriesTimeout = true;

const here = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

// Lines that say what is called and logged, then the value as a JavaScript literal.
const remark = /^(View call|Scheduling a call|\t?Log |Receipt|Transaction Id|Open the explorer)/;
function valueOf(stdout) {
    const literal = stdout.split('\n').filter((line) => !remark.test(line)).join('\n');
    return JSON.parse(JSON.stringify(runInNewContext(`(${literal})`)));
}

let homes = 0;

export function open(url, { accountId, publicKey, secretKey }) {
    const home = join(here, 'home', `${homes++}`);
    const credentials = join(home, '.near-credentials', 'custom');
    mkdirSync(credentials, { recursive: true });
    writeFileSync(join(credentials, `${accountId}.json`),
        JSON.stringify({ account_id: accountId, public_key: publicKey, private_key: secretKey }));
    const env = {
        PATH: process.env.PATH, HOME: home, NEAR_NETWORK: 'custom', NEAR_CUSTOM_RPC: url, NO_UPDATE_NOTIFIER: '1',
    };
    const near = async (...words) => (await run(join(here, 'node_modules', '.bin', 'near'), words, { env })).stdout;
    return {
        near,
        view: async (method) => valueOf(await near('view', CONTRACT, method, '{}')),
        call: async (method, args, deposit) => valueOf(await near('call', CONTRACT, method, JSON.stringify(args),
            '--useAccount', accountId, '--gas', '300000000000000', '--depositYocto', deposit.toString())),
    };
}

export const more = [
    ['adds, lists and deletes a key', async ({ alice }) => {
        const { publicKey } = makeKey();
        await alice.near('add-key', 'alice.near', publicKey, '--contract-id', CONTRACT, '--method-names', 'a,b',
            '--allowance', '1');
        assert.ok((await alice.near('list-keys', 'alice.near')).includes(publicKey));
        await alice.near('delete-key', 'alice.near', publicKey);
        assert.ok(!(await alice.near('list-keys', 'alice.near')).includes(publicKey));
    }],
    ['shows an account and a transaction', async ({ alice }) => {
        assert.match(await alice.near('state', 'alice.near'), /formattedAmount/);
        const called = await alice.near('call', CONTRACT, 'register_backup_service',
            JSON.stringify({ backup_service_info: { public_key: makeKey().publicKey } }), '--useAccount', 'alice.near',
            '--depositYocto', '1');
        const [, hash] = /Transaction Id (\w+)/.exec(called);
        assert.match(await alice.near('tx-status', hash, 'alice.near'), /SuccessValue: 'bnVsbA=='/);
    }],
    ['fails with the text of a view that is refused', async ({ alice }) => {
        await assert.rejects(alice.view('no_such_view'), (error) => {
            assert.equal(error.code, 1);
            assert.match(error.stderr, /MethodNotFound/);
            return true;
        });
        await assert.rejects(alice.near('state', 'ghost.near'), /ghost\.near/);
    }],
];
