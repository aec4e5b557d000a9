// The files for operators: packages/compose.yaml, packages/kubernetes.yaml, packages/prometheus-rules.yaml, and the
// proxies' settings. Each is checked by its own tool, and the proxies run before two real servers on PostgreSQL.
//
// Needs promtool, docker-compose, caddy and nginx of Debian, kubernetes-validate of .ci/requirements.txt, and the
// PostgreSQL of BITRIX24_MCP_TEST_POSTGRES.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { command, demoPortal, emptyFolder, killAtTheEnd, repository, serveReplica, serveTeamOn } from "./program.js";
import { anna, assertOwn, boris, carla, look, signInBySdk } from "./team.js";

const packages = join(repository, "packages");
const postgres = process.env.BITRIX24_MCP_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432/postgres";

/** Runs a tool to its end; returns what it prints. */
function run(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

const composeSettings = {
  BITRIX24_PORTAL: "https://example.bitrix24.com",
  BITRIX24_CLIENT_ID: "local.0123456789abcd.01234567",
  PUBLIC_HOST: "mcp.example.com",
};

test("compose.yaml: two equal replicas, secrets as files, and nothing runs with more rights than it needs", () => {
  const compose = join(packages, "compose.yaml");
  const printed = run("docker-compose", ["--file", compose, "config"], composeSettings);
  const toJson = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
  const python = { ...process.env, PYTHONPATH: join(repository, "target/tools/python") };
  const { services } = JSON.parse(execFileSync("python3", ["-c", toJson], { input: printed, env: python, encoding: "utf8" }));
  assert.deepEqual(Object.keys(services).sort(), ["postgres", "proxy", "server-1", "server-2"]);
  const { "server-1": first, "server-2": second, proxy } = services;
  const without = ({ ports, ...rest }) => rest;
  assert.deepEqual(without(first), without(second));
  for (const { ports } of [first, second]) assert.match(JSON.stringify(ports), /127\.0\.0\.1/, "for this machine alone");
  assert.equal(first.environment.BITRIX24_MCP_PUBLIC_URL, "https://mcp.example.com");
  // Each setting exists, and none holds a secret.
  const settings = readFileSync(join(repository, "docs/settings.md"), "utf8");
  for (const name of Object.keys(first.environment)) assert.ok(settings.includes(`\`${name}\``), name);
  for (const name of ["BITRIX24_CLIENT_SECRET", "BITRIX24_MCP_SERVER_KEY", "BITRIX24_MCP_STORE", "BITRIX24_MCP_HTTP_TOKEN"]) {
    assert.equal(first.environment[name], undefined);
    assert.match(first.environment[`${name}_FILE`], /^\/run\/secrets\//);
  }
  assert.deepEqual([first.read_only, first.cap_drop], [true, ["ALL"]]);
  assert.deepEqual(first.depends_on, { postgres: { condition: "service_healthy" } });
  // The proxy's settings name the replicas by default.
  assert.match(readFileSync(join(packages, "compose/Caddyfile"), "utf8"), /\{\$UPSTREAMS:server-1:8024 server-2:8024\}/);
  assert.deepEqual(Object.keys(proxy.environment).sort(), ["PUBLIC_HOST", "SITE"]);
  run("docker-compose", ["--file", compose, "config", "--quiet"], composeSettings);
  const missing = spawnSync("docker-compose", ["--file", compose, "config"], { encoding: "utf8" });
  assert.notEqual(missing.status, 0, "settings without a default have to be given");
  run("sh", ["-n", join(packages, "compose/make-database.sh")]);
});

test("make-database.sh makes a role that owns its database, and has no other rights", () => {
  const [role, folder] = [`mcp_${randomBytes(6).toString("hex")}`, emptyFolder()];
  const secret = join(folder, "store");
  writeFileSync(secret, "postgres://mcp:00ff@postgres/mcp?sslmode=disable\n");
  const script = readFileSync(join(packages, "compose/make-database.sh"), "utf8");
  const here = script.replaceAll("/run/secrets/store", secret)
    .replace('--username "$POSTGRES_USER"', `"${postgres}"`)
    .replace("ROLE mcp", `ROLE ${role}`).replace("DATABASE mcp OWNER mcp", `DATABASE ${role} OWNER ${role}`).replace("DATABASE mcp FROM", `DATABASE ${role} FROM`);
  assert.ok(!here.includes("POSTGRES_USER") && here.includes("'$password'"));
  try {
    run("sh", ["-c", here]);
    const rights = run("psql", [postgres, "-Atc", `SELECT rolsuper, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = '${role}'`]);
    assert.equal(rights.trim(), "f|f|f|t");
    assert.equal(run("psql", [postgres, "-Atc", `SELECT rolname FROM pg_database JOIN pg_roles r ON datdba = r.oid WHERE datname = '${role}'`]).trim(), role);
  } finally {
    spawnSync("psql", [postgres, "-qc", `DROP DATABASE IF EXISTS ${role}`, "-c", `DROP ROLE IF EXISTS ${role}`]);
  }
});

test("kubernetes.yaml keeps to the schemas of Kubernetes, and its settings exist", () => {
  const file = join(packages, "kubernetes.yaml");
  const env = { PYTHONPATH: join(repository, "target/tools/python") };
  run("python3", ["-m", "kubernetes_validate", "--strict", "--quiet", "--kubernetes-version", "1.30", file], env);
  const text = readFileSync(file, "utf8");
  const settings = readFileSync(join(repository, "docs/settings.md"), "utf8");
  for (const [name] of text.matchAll(/\bBITRIX24_[A-Z_]+\b/g)) assert.ok(settings.includes(`\`${name}\``), name);
  const [, grace] = text.match(/terminationGracePeriodSeconds: (\d+)/);
  const [, pause] = text.match(/sleep: \{seconds: (\d+)\}/);
  assert.ok(Number(grace) >= Number(pause) + 29, "the stop is cut off");
});

/** The names of the metrics that Prometheus has after it has read a page of OpenMetrics text. */
function scraped(page) {
  const names = new Set(["up"]);
  for (const [, name, kind] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (kind === "counter") names.add(`${name}_total`);
    else if (kind === "histogram") ["bucket", "sum", "count"].forEach((part) => names.add(`${name}_${part}`));
    else names.add(name);
  }
  return names;
}

const databases = [];
after(() => databases.forEach((name) => spawnSync("psql", [postgres, "-qc", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`])));

/** A portal, and the settings of a team's server on a database of its own. */
async function onPostgres() {
  const name = `clients_${randomBytes(6).toString("hex")}`;
  run("psql", [postgres, "-qc", `CREATE DATABASE ${name}`]);
  databases.push(name);
  const database = new URL(postgres);
  database.pathname = `/${name}`;
  return { ...await demoPortal(), BITRIX24_MCP_STORE: database.href, BITRIX24_MCP_STORE_CONNECTIONS: "4" };
}

/** Two replicas of a team's server, at the public address of a proxy. */
async function replicas() {
  const settings = await onPostgres();
  const servers = [await serveReplica(settings), await serveReplica(settings)];
  return { settings, servers, base: settings.BITRIX24_MCP_PUBLIC_URL };
}

/** Starts a proxy and waits until it passes requests on. */
async function proxy(base, command, args, env = {}) {
  const process_ = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [process_.stdout, process_.stderr]) stream.on("data", (data) => (log += data));
  const ended = new Promise((resolve) => process_.on("exit", resolve));
  killAtTheEnd(process_);
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${base}/healthz`).catch(() => undefined);
    if (answer?.status === 200) break;
    assert.ok(tries < 100 && process_.exitCode === null, `the proxy does not work: ${log}`);
    await sleep(100);
  }
  return async () => {
    process_.kill("SIGTERM");
    await ended;
  };
}

/** How many calls each replica has answered. */
async function calls(servers) {
  const counted = servers.map(async ({ base }) => {
    const page = await (await fetch(`${base}/metrics`)).text();
    const lines = page.matchAll(/^mcp_tool_calls_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  });
  return Promise.all(counted);
}

/**
 * Three people sign in and look up through the proxy, while one replica is updated, and after the other was killed and
 * the proxy had `notices` milliseconds to see it.
 */
async function peopleBehind({ base, settings, servers }, notices = 0) {
  const people = [];
  for (const employee of [anna, boris, carla]) people.push({ employee, provider: await signInBySdk(base, employee) });
  const everybody = async () => {
    for (const { employee, provider } of people) assertOwn(await look(base, provider), employee);
  };
  for (const { employee, provider } of people) {
    const before = await calls(servers);
    for (let times = 0; times < 3; times += 1) assertOwn(await look(base, provider), employee);
    const after = await calls(servers);
    assert.deepEqual(after.map((count, at) => count - before[at]).sort(), [0, 3], "one client's calls go to one replica");
  }
  let isUpdated = false;
  let rounds = 0;
  const calling = (async () => {
    for (; !isUpdated; rounds += 1) await everybody();
  })();
  await servers[0].stop();
  const renewed = await serveReplica(settings, new URL(servers[0].base).port);
  isUpdated = true;
  await calling;
  assert.ok(rounds > 0);
  // The proxy looks every second whether a replica is back.
  await sleep(2000);
  await servers[1].kill();
  await sleep(notices);
  await everybody();
  await renewed.stop();
}

test("Caddy, with the settings of packages/: sign-ins and calls go on while replicas end", async () => {
  const team = await replicas();
  const caddyfile = join(packages, "compose/Caddyfile");
  const home = emptyFolder();
  const env = {
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_CONFIG_HOME: home,
    SITE: team.base,
    PUBLIC_HOST: new URL(team.base).host,
    UPSTREAMS: team.servers.map(({ base }) => new URL(base).host).join(" "),
  };
  run("caddy", ["validate", "--config", caddyfile, "--adapter", "caddyfile"], env);
  const end = await proxy(team.base, "caddy", ["run", "--config", caddyfile, "--adapter", "caddyfile"], env);
  // Caddy 2.6 answers 502 to a call that meets a refused connection, until its check, once a second, has seen it.
  await peopleBehind(team, 2500);
  await end();
});

test("the commands of a team work on PostgreSQL beside a server", async () => {
  const settings = await onPostgres();
  assert.match(command(["doctor", "--team"], settings), /tables in PostgreSQL at .* will be made by the first/);
  const server = await serveTeamOn(settings);
  const [ofAnna, ofCarla] = [await signInBySdk(server.base, anna), await signInBySdk(server.base, carla)];
  const listed = JSON.parse(command(["team", "list", "--format", "json"], settings)).sign_ins;
  assert.deepEqual(listed.map(({ user_id }) => user_id).sort(), [1, 8]);
  assert.match(command(["doctor", "--team"], settings), /PostgreSQL \d+.*: 2 sign-ins[\s\S]*all well/);
  const both = `${command(["team", "key"]).trim()} ${settings.BITRIX24_MCP_SERVER_KEY}`;
  command(["team", "rekey"], { ...settings, BITRIX24_MCP_SERVER_KEY: both });
  command(["team", "end", "8"], settings);
  await assert.rejects(look(server.base, ofCarla), /its sign-in has ended/);
  assert.ok(ofAnna.kept);
  await server.stop();
});

test("nginx, with the settings of docs/replicas.md: the same", async () => {
  const team = await replicas();
  const text = readFileSync(join(repository, "docs/replicas.md"), "utf8");
  const [, block] = text.match(/^```nginx\n([\s\S]*?)^```$/m);
  const here = ["10.0.0.11:8024", "10.0.0.12:8024"].reduce((changed, address, at) => {
    assert.ok(changed.includes(address));
    return changed.replace(address, new URL(team.servers[at].base).host);
  }, block.replace("listen 443 ssl;", `listen ${new URL(team.base).host};`));
  const folder = emptyFolder();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const file = join(folder, "nginx.conf");
  writeFileSync(file, `daemon off; pid ${folder}/pid; error_log stderr;
events {}
http { access_log off; ${temporary.join(" ")}
${here}}
`);
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  run("nginx", ["-t", "-p", folder, "-c", file], env);
  const end = await proxy(team.base, "nginx", ["-p", folder, "-c", file], env);
  await peopleBehind(team);
  await end();
});

test("prometheus-rules.yaml: promtool accepts the rules, and the server has every metric that they name", async () => {
  const file = join(packages, "prometheus-rules.yaml");
  run("promtool", ["check", "rules", file]);
  run("promtool", ["test", "rules", join(packages, "prometheus-rules.test.yaml")]);
  // The scrape configuration of the documentation, with the job that the rules name.
  const [, scrape] = readFileSync(join(repository, "docs/replicas.md"), "utf8").match(/^ *```yaml\n([\s\S]*?)^ *```$/m);
  const configuration = join(emptyFolder(), "prometheus.yml");
  writeFileSync(configuration, scrape.replaceAll(/^ {2}/gm, ""));
  run("promtool", ["check", "config", "--syntax-only", configuration]);
  const [, job] = scrape.match(/job_name: (\S+)/);
  assert.ok(readFileSync(file, "utf8").includes(`job="${job}"`));
  // A metric that has counted nothing yet is not on the page: those have to be registered in the code.
  const code = run("grep", ["--recursive", "--no-filename", "--include=*.rs", '^ *"[a-z0-9_]*",$', join(repository, "src")]);
  const server = await serveTeamOn(await onPostgres());
  assertOwn(await look(server.base, await signInBySdk(server.base, anna)), anna);
  const page = await (await fetch(`${server.base}/metrics`)).text();
  const names = scraped(page);
  const rules = readFileSync(file, "utf8");
  // What an alert counts has to be there before it happens: Prometheus sees no increase in a first value.
  for (const [, metric, outcomes] of rules.matchAll(/(mcp_team_(?:sign_ins|portal_refreshes)_total)\{outcome=~?"([a-z_|]+)"/g)) {
    for (const outcome of outcomes.split("|")) assert.match(page, new RegExp(`^${metric}\\{.*outcome="${outcome}"`, "m"));
  }
  const used = [...rules.matchAll(/\b(?:mcp|http|bitrix24)_[a-z0-9_]+/g)].map(([name]) => name);
  assert.ok(used.length > 5 && used.filter((name) => names.has(name)).length > 3, [...names].join(" "));
  for (const name of used) {
    const registered = code.includes(`"${name.replace(/_total$/, "")}"`) && name.endsWith("_total");
    assert.ok(names.has(name) || registered, `the server has no metric ${name}`);
  }
  await server.stop();
});
