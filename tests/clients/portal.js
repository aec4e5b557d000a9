// A tiny portal on loopback with one contact, to see whether a client's settings reach the server: only a server with
// this portal's webhook can find the contact.
import { createServer } from "node:http";

import { listen } from "./machine.js";

export const contact = { id: 7, email: "only.here@portal.example", name: "Only Here" };

export async function portal() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ result: { items: [contact] } }));
  });
  return { webhook: `${await listen(server)}/rest/1/abcdefgh12345678/`, requests };
}
