// Opens every page of the built book in Chromium with the network cut off, in light, in dark, and on a narrow screen,
// and fails on: a request that leaves the site, a console error, a broken image, an image without a description, an
// equation not rendered, sideways scrolling, a violation of WCAG A/AA, a link to a place that is not there. Pages are
// served over HTTP; a second round opens them from the disk (file://), as a reader without a server does. Interactive
// figures are driven in every mode and from the disk (figures.mjs), and examined once more in the state they end in.
//
// usage: node tests/browser/check.mjs _build/html [--shots FOLDER] [PAGE.html ...]
import { chromium } from "playwright-core";
import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkStandIns, driveFigures } from "./figures.mjs";

const PREFIX = "/pydl"; // the folder that the site is published in
const MODES = [["light", 1280, 900], ["dark", 1280, 900], ["light", 390, 844]];
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json",
  ".png": "image/png", ".gif": "image/gif", ".woff": "font/woff", ".woff2": "font/woff2", ".xml": "text/xml",
};

const args = process.argv.slice(2);
const at = args.indexOf("--shots");
const shots = at < 0 ? null : args.splice(at, 2)[1];
const root = resolve(args.shift() ?? "_build/html");
const pages = args.length ? args : allPages(root);
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const problems = new Set();

function allPages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith("_") ? [] : allPages(path);
    return entry.name.endsWith(".html") ? [relative(root, path)] : [];
  }).sort();
}

function serve() {
  const server = createServer((request, response) => {
    const path = join(root, decodeURIComponent(new URL(request.url, "http://x").pathname).replace(PREFIX, ""));
    const found = path.startsWith(root) && existsSync(path) && statSync(path).isFile();
    response.writeHead(found ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(found ? readFileSync(path) : "");
  });
  return new Promise(ready => server.listen(0, "127.0.0.1", () => ready(server)));
}

/** Runs inside the page: what is wrong with what is shown. */
function faultsShown() {
  const faults = [];
  const equations = document.querySelectorAll(".math").length, rendered = document.querySelectorAll("mjx-container").length;
  if (rendered < equations) faults.push(`${equations - rendered} of ${equations} equations not rendered`);
  for (const e of document.querySelectorAll("mjx-merror, [data-mjx-error]")) faults.push(`MathJax error: ${e.textContent}`);
  for (const image of document.images) {
    const name = image.getAttribute("src").slice(0, 120);
    if (!image.complete || !image.naturalWidth) faults.push(`broken image ${name}`);
    if (image.closest("article") && (!image.alt || /^(_images|\.\.\/)/.test(image.alt))) faults.push(`no description of image ${name}`);
  }
  for (const link of document.querySelectorAll('article a[href^="#"]')) {
    const id = decodeURIComponent(link.getAttribute("href").slice(1));
    if (id && !document.getElementById(id)) faults.push(`link to #${id}, which is not on the page`);
  }
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 1) faults.push(`scrolls sideways by ${over}px`);
  return faults;
}

async function open(browser, name, url, allowed) {
  const view = { mode: name };
  const report = text => problems.add(`${view.mode}: ${text}`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
  await context.addInitScript(() => { localStorage.setItem("mode", "light"); localStorage.setItem("theme", "light"); });
  const tab = await context.newPage();
  tab.on("console", message => message.type() === "error" && report(`console: ${message.text()}`));
  tab.on("pageerror", error => report(`script error: ${error.message}`));
  tab.on("response", answer => answer.status() >= 400 && report(`${answer.status()} ${answer.url()}`));
  await context.route(target => !target.href.startsWith(allowed) && target.protocol !== "data:", route => {
    report(`leaves the site: ${route.request().url()}`);
    return route.abort();
  });
  await tab.goto(url, { waitUntil: "load" });
  await tab.waitForFunction(() => !document.querySelector(".math") || document.querySelector("mjx-container"), null, { timeout: 15000 })
    .catch(() => report("no equation rendered"));
  await tab.waitForTimeout(200);
  return { context, tab, report, view };
}

async function examine(tab, report, part = "html") {
  const { violations } = await tab.evaluate(([part, tags]) =>
    window.axe.run({ include: [[part]] }, { runOnly: tags, resultTypes: ["violations"] }), [part, WCAG]);
  for (const { id, impact, nodes } of violations) {
    report(`axe ${id} (${impact}): ${nodes.length}x ${nodes.slice(0, 3).map(n => n.target.join(" ")).join(" | ")}`);
  }
}

/** One visit over HTTP, seen in every mode. */
async function checkServed(browser, base, page) {
  const { context, tab, report, view } = await open(browser, `${page} [loading]`, `${base}/${page}`, base);
  await tab.evaluate(axeSource);
  for (const [theme, width, height] of MODES) {
    view.mode = `${page} [${theme} ${width}px]`;
    await tab.setViewportSize({ width, height });
    await tab.emulateMedia({ colorScheme: theme });
    await tab.evaluate(t => Object.assign(document.documentElement.dataset, { theme: t, mode: t }), theme);
    await tab.waitForTimeout(200);
    for (const fault of await tab.evaluate(faultsShown)) report(fault);
    await examine(tab, report);
    if (await tab.locator(".interactive-stage").count()) {
      await driveFigures(tab, report, { touch: width < 500, moving: theme === "dark" });
      await examine(tab, report, ".interactive");
    }
    if (shots) await tab.screenshot({ path: join(shots, `${page.replaceAll("/", "_")}.${theme}.${width}.png`), fullPage: true });
  }
  await context.close();
}

async function checkOnDisk(browser, page) {
  const base = pathToFileURL(root).href;
  const { context, tab, report } = await open(browser, `${page} [from disk]`, `${base}/${page}`, base);
  for (const fault of await tab.evaluate(faultsShown)) report(fault);
  await driveFigures(tab, report);
  await checkStandIns(browser, tab, report);
  await context.close();
}

if (shots) mkdirSync(shots, { recursive: true });
const server = await serve();
const base = `http://127.0.0.1:${server.address().port}${PREFIX}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync"],
});
const jobs = pages.flatMap(page => [
  () => checkServed(browser, base, page),
  // the page for a missing address is only ever served, under absolute addresses
  ...(page === "404.html" ? [] : [() => checkOnDisk(browser, page)]),
]);
await Promise.all(Array.from({ length: +(process.env.JOBS ?? 2) }, async () => {
  for (let job; (job = jobs.shift());) await job();
}));
await browser.close();
server.close();

for (const problem of [...problems].sort()) console.log(problem);
console.log(`${pages.length} pages in ${MODES.length} modes and from disk: ${problems.size} problems`);
process.exit(pages.length && !problems.size ? 0 : 1);
