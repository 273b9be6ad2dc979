// near-api-js 2: `broadcast_tx_commit`, numbers are BN.
import nearApi from 'near-api-js';
import BN from 'bn.js';
import { opener } from '../classic.mjs';

export const client = 'near-api-js 2.1.4';
export const retriesTimeout = false;
export const open = opener(nearApi, (number) => new BN(number.toString()));
