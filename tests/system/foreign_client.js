// A backup service in Node.js, with nothing but node:tls and node:crypto; prints one JSON object per command.
//
//   foreign_client.js ADDRESS P2P-KEY-HEX PEM AES-KEY-HEX hello
//   foreign_client.js ... get KEYSET-FILE        the opened shares as text
//   foreign_client.js ... put SHARES-FILE        seals them under a fresh nonce
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const tls = require('node:tls');

const [address, p2pKey, pemFile, aesKeyHex, command, file] = process.argv.slice(2);
const [host, port] = address.split(':');
const pem = fs.readFileSync(pemFile);
const aesKey = Buffer.from(aesKeyHex, 'hex');

function seal(plaintext) {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm', aesKey, nonce);
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function open(text) {
    const sealed = Buffer.from(text, 'base64');
    const decipher = crypto.createDecipheriv('aes-256-gcm', aesKey, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString();
}

// wire.md 2.1: absolute-form target, no Host, lower-case names.
function request() {
    if (command === 'hello')
        return 'GET http://example/hello HTTP/1.1\r\n\r\n';
    const body = command === 'get' ? fs.readFileSync(file, 'utf8') : seal(fs.readFileSync(file));
    if (command === 'get')
        return `GET http://example/get_keyshares HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    return 'PUT http://example/set_keyshares HTTP/1.1\r\ncontent-type: application/json\r\n' +
        `content-length: ${body.length}\r\n\r\n${body}`;
}

// The response once it is whole, else null.
function parse(text) {
    const end = text.indexOf('\r\n\r\n');
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text);
    if (end < 0 || !length || text.length < end + 4 + Number(length[1]))
        return null;
    return { status: Number(text.slice(9, 12)), body: text.slice(end + 4) };
}

const socket = tls.connect({ host, port, servername: 'dummy', cert: pem, key: pem, minVersion: 'TLSv1.3', rejectUnauthorized: false });
let received = '';
socket.setTimeout(15000, () => socket.destroy(new Error('no response within 15 s')));
socket.on('secureConnect', () => {
    const shown = new crypto.X509Certificate(socket.getPeerCertificate().raw).publicKey.export({ format: 'der', type: 'spki' });
    if (shown.subarray(-32).toString('hex') !== p2pKey)
        socket.destroy(new Error('not the key of this node'));
    else
        socket.write(request());
});
socket.on('data', (data) => {
    const response = parse(received += data.toString('latin1'));
    if (!response)
        return;
    if (command === 'get' && response.status === 200)
        response.shares = open(response.body);
    console.log(JSON.stringify(response));
    socket.end();
});
socket.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
});
