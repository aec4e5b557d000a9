// Starts the release binary without this machine's own settings.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

import { binary } from "./places.js";

export { binary, here, repository } from "./places.js";

const folders = [];
process.on("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })));

/** A new empty folder, which is removed when the process ends. */
export function emptyFolder() {
  const folder = mkdtempSync(join(tmpdir(), "bitrix24-mail-mcp-"));
  folders.push(folder);
  return folder;
}

/** PATH with the binary's folder first, and a HOME; nothing else. */
export function environment(home) {
  return { HOME: home, PATH: `${dirname(binary)}:${process.env.PATH}` };
}

/** Runs a clean-up after the file's tests, and again when the process ends. */
export function atTheEnd(end) {
  after(end);
  process.on("exit", end);
}
process.on("SIGTERM", () => process.exit(143));

// A failed test must leave no server behind, since its file would wait for the server.
const servers = [];
atTheEnd(() => servers.forEach((server) => server.kill("SIGKILL")));

/** Serves both HTTP transports on `port`, or on a free port. `stop` sends SIGTERM; the exit status must be 0. */
export const serve = (args, more, port) => serveHttp(["--legacy-sse", ...args], more, port);

/** Serves a team on the demo portal. */
export const serveTeam = (args = []) => serveHttp(["--team", "--demo", ...args]);

async function serveHttp(args, more = {}, port = 0) {
  const server = spawn(binary, ["serve", "--http", `127.0.0.1:${port}`, ...args], {
    env: { ...environment(emptyFolder()), ...more },
    stdio: ["ignore", "ignore", "pipe"],
  });
  servers.push(server);
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const base = await new Promise((resolve, reject) => {
    server.on("error", reject);
    createInterface(server.stderr).on("line", (line) => {
      const address = line.match(/http:\/\/[^/]+/);
      if (address) resolve(address[0]);
    });
    ended.then(() => reject(new Error("the server did not start")));
  });
  return {
    base,
    async stop() {
      server.kill("SIGTERM");
      const status = await ended;
      if (status !== 0) throw new Error(`the server ended with status ${status}`);
    },
  };
}
