// Takes the picture of the book that the README shows, from the built book.
//
// usage: node tools/book_picture.mjs [_build/html]        (writes book/assets/images/book.png)
import { chromium } from "playwright-core";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [PAGE, PLACE, ABOVE] = ["convexity/softmax-regression.html", "#fig-softmax-weights", 320]; // pixels of text above it
const root = resolve(process.argv[2] ?? "_build/html");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const tab = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: "light", reducedMotion: "reduce" });
await tab.goto(`${pathToFileURL(root).href}/${PAGE}`);
await tab.waitForFunction(() => document.querySelector("mjx-container"));
await tab.evaluate(([place, above]) => {
  const { top } = document.querySelector(place).getBoundingClientRect();
  window.scrollTo({ top: window.scrollY + top - above, behavior: "instant" });
}, [PLACE, ABOVE]);
await tab.waitForTimeout(500);
await tab.screenshot({ path: "book/assets/images/book.png" });
await browser.close();
