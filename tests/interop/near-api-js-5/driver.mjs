// near-api-js 5: `send_tx`, numbers are BigInt.
import nearApi from 'near-api-js';
import { opener } from '../classic.mjs';

export const client = 'near-api-js 5.1.1';
export const retriesTimeout = true;
export const open = opener(nearApi, BigInt);
