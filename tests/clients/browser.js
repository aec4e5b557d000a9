// Two browsers that carry a person through the sign-in of a team's server: a small one of fetch, and headless Chromium.
import { chromium } from "playwright-core";

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const decoded = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name]);

function attributes(tag) {
  return Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, decoded(value)]));
}

/** A browser without scripts: it keeps cookies, sends forms, and follows redirects and `<meta http-equiv="refresh">`. */
export class Browser {
  cookies = new Map();

  /** The browser loads no address that begins with `client`, which is where a program would listen. */
  constructor(client) {
    this.client = client;
  }

  /** Loads a page; returns its address, status and text. */
  async open(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", ...options, headers: { cookie, ...options.headers } });
    for (const header of response.headers.getSetCookie()) {
      const [, name, value] = header.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(header)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    const refresh = text.match(/<meta http-equiv="refresh" content="0; ?url=([^"]*)"/i);
    const next = response.headers.get("location") ?? (refresh && decoded(refresh[1]));
    if (this.client && next?.startsWith(this.client)) return { url: next, status: response.status, text };
    return next ? this.open(new URL(next, url)) : { url: String(url), status: response.status, text };
  }

  /** Presses the button of the page that has this value. */
  async press(page, value) {
    for (const [, head, body] of page.text.matchAll(/<form([^>]*)>([^]*?)<\/form>/g)) {
      const button = [...body.matchAll(/<button[^>]*>/g)].map(([tag]) => attributes(tag)).find((tag) => tag.value === value);
      if (!button) continue;
      const fields = [...body.matchAll(/<input[^>]*>/g)].map(([tag]) => attributes(tag)).filter(({ name }) => name);
      const url = new URL(attributes(head).action ?? "", page.url);
      return this.open(url, {
        method: "POST",
        headers: { origin: new URL(page.url).origin, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams([...fields, button].map(({ name, value }) => [name, value ?? ""])).toString(),
      });
    }
    throw new Error(`no form has a button with the value ${value}: ${page.text}`);
  }

  /** Allows the client on our page and signs in as this employee of the demo portal; returns the last page. */
  async signIn(url, user) {
    const next = await this.press(await this.open(url), "allow");
    return next.text.includes("<form") ? this.press(next, user) : next;
  }
}

/** The same in headless Chromium; returns the last page's address and text. */
export async function signInByChromium(url, user) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(String(url));
    await page.click('button[value="allow"]');
    await page.click(`button[value="${user}"]`);
    // The client's own page at the end of the redirects.
    await page.waitForURL((address) => address.searchParams.has("code"), { timeout: 15_000 });
    return { url: page.url(), text: await page.textContent("body") };
  } finally {
    await browser.close();
  }
}
