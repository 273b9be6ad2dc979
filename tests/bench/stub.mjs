// What the simulator is measured against: Node.js answers every request with the file it is given. Prints its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const body = readFileSync(process.argv[2]);
const server = createServer((request, response) => {
    request.resume().on('end', () => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
        response.end(body);
    });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
