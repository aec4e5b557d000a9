// Starts the release binary without this machine's own settings.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

import { binary, repository } from "./places.js";

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

/** Kills a process after the file's tests, and when the process of the tests ends. */
export const killAtTheEnd = (child) => void servers.push(child);

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

/** Serves a team by these settings; the public URL has the port. */
export const serveTeamOn = (settings) => serveHttp(["--team"], settings, new URL(settings.BITRIX24_MCP_PUBLIC_URL).port);

/** Serves a team by these settings as one of several replicas, on `port` or on a free port. */
export const serveReplica = (settings, port) => serveHttp(["--team"], settings, port);

/** Starts the demo portal as a process of its own; returns the settings of a team's server on it, with a new store. */
export async function demoPortal() {
  const url = `http://127.0.0.1:${await freePort()}`;
  const portal = spawn(join(repository, "target/debug/examples/demo_portal"), ["--handler", `${url}/oauth/callback`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  servers.push(portal);
  const { value } = await createInterface(portal.stdout)[Symbol.asyncIterator]().next();
  const { portal: address, client_id, client_secret } = JSON.parse(value);
  return {
    BITRIX24_PORTAL: address,
    BITRIX24_OAUTH_SERVER: address,
    BITRIX24_CLIENT_ID: client_id,
    BITRIX24_CLIENT_SECRET: client_secret,
    BITRIX24_MCP_PUBLIC_URL: url,
    BITRIX24_MCP_SERVER_KEY: command(["team", "key"]).trim(),
    BITRIX24_MCP_STORE: `sqlite:${join(emptyFolder(), "team.sqlite")}`,
  };
}

/** Runs the binary with these settings to its end; returns its standard output. */
export function command(args, settings = {}) {
  const env = { ...environment(emptyFolder()), ...settings };
  const { status, stdout, stderr } = spawnSync(binary, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with status ${status}: ${stderr}`);
  return stdout;
}

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

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
      // A replica's public address is that of the proxy before it.
      const address = line.match(/listening on (http:\/\/[^;/]+)/) ?? line.match(/(http:\/\/[^/]+)/);
      if (address) resolve(address[1]);
    });
    ended.then(() => reject(new Error("the server did not start")));
  });
  return {
    base,
    async kill() {
      server.kill("SIGKILL");
      await ended;
    },
    async stop() {
      server.kill("SIGTERM");
      const status = await ended;
      if (status !== 0) throw new Error(`the server ended with status ${status}`);
    },
  };
}
