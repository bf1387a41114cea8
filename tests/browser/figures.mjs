// Drives the interactive figures of a page by keyboard, mouse and touch, as check.mjs opens it, and compares the numbers
// they show. (tests/test_figures.py compares the scripts' mathematics with pydl.)
import { momentum } from "./momentum.mjs";
import { race } from "./race.mjs";

/** What a test of one figure needs: its parts, its numbers, and a record of what differs from what is expected. */
function tools(tab, stage, name, report) {
  const part = selector => stage.locator(selector);
  const shown = key => part(`[data-number="${key}"]`).innerText();
  const words = () => part(".fig-words").innerText();
  return {
    tab, stage, part, shown, words,
    fail: text => report(`figure ${name}: ${text}`),
    async numbers(when, expected) {
      for (const [key, value] of Object.entries(expected)) {
        const found = await shown(key);
        if (found !== value) report(`figure ${name}: ${when}, ${key} is ${found}, not ${value}`);
      }
    },
    async says(when, pattern) {
      const found = await words();
      if (!pattern.test(found)) report(`figure ${name}: ${when}, it says "${found}", not ${pattern}`);
    },
    async press(target, ...keys) {
      await target.focus();
      for (const key of keys) await tab.keyboard.press(key);
    },
    button: text => part("button").filter({ hasText: new RegExp(`^${text}$`) }),
    async choose(label, value) { await stage.getByLabel(label, { exact: true }).selectOption(value); },
    /** Where a point of a plot, the first unless told, in fractions of its box, is on the screen: a whole pixel, as clicks are. */
    async place(box, x, y, nth = 0) {
      const { x: left, y: top, width } = await part(".fig-plot").nth(nth).boundingBox(), scale = width / 360;
      return [left + scale * (box.x + x * box.width), top + scale * (box.y + (1 - y) * box.height)].map(Math.round);
    },
    async drag([x1, y1], [x2, y2], touch) {
      if (!touch) {
        await tab.mouse.move(x1, y1);
        await tab.mouse.down();
        await tab.mouse.move((x1 + x2) / 2, (y1 + y2) / 2, { steps: 3 });
        await tab.mouse.move(x2, y2, { steps: 3 });
        return tab.mouse.up();
      }
      const session = await tab.context().newCDPSession(tab);
      const send = (type, ...points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
      await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
      await send("touchStart", [x1, y1]);
      for (const t of [0.2, 0.4, 0.6, 0.8, 1]) await send("touchMove", [x1 + t * (x2 - x1), y1 + t * (y2 - y1)]);
      await send("touchEnd");
      await session.send("Emulation.setTouchEmulationEnabled", { enabled: false });
      return session.detach();
    },
  };
}

export const times = (n, key) => Array(n).fill(key);

async function descent(t, touch) {
  const box = { x: 38, y: 26, width: 312, height: 196 }, grip = t.part(".fig-grip"), rate = t.part('input[type="range"]').first();
  const rateTo = async value => {
    for (let i = 0; i < 400; i++) {
      const now = +(await rate.getAttribute("aria-valuetext"));
      if (now === value) return;
      await t.press(rate, now < value ? "ArrowRight" : "ArrowLeft");
    }
    t.fail(`the step size cannot be set to ${value}`);
  };
  await t.choose("Function", "parabola");
  await rateTo(0.1);
  await t.press(grip, "Home", ...times(10, "PageUp"));
  await t.numbers("at the start", { k: "0", x: "2", f: "2", d1: "2", d2: "1", bound: "2", above: "2" });
  await t.press(t.button("Step"), "Enter", "Space", "Enter"); // 2·0.9³
  await t.numbers("after 3 steps", { k: "3", x: "1.458", f: "1.063", d1: "1.458" });
  await t.says("after 3 steps", /^Moves downhill; the next step is 0\.9 times the last\. Here ε = 0\.1 < 2\/f″ = 2\./);
  await t.press(t.button("Run"), "Enter");
  await t.says("after the run", /^Converges: after \d+ steps/);
  await t.button("Reset").click();
  await rateTo(2);
  await t.button("Run").click();
  await t.says("at ε = 2", /^Oscillates/);
  await t.button("Reset").click();
  await rateTo(2.1);
  await t.button("Run").click();
  await t.says("at ε = 2.1", /^Diverges/);
  await t.button("Reset").click();
  await rateTo(1); // in one step
  await t.button("Step").click();
  await t.numbers("after one step of ε = 1", { k: "1", x: "0", above: "0" });

  await t.choose("Function", "double-well");
  await rateTo(0.1);
  await t.drag(await t.place(box, 0.95, (0.9074 + 0.5) / 2.5), await t.place(box, 0.3, 0.5), touch); // from 1.8 to −0.8
  await t.numbers(`after a drag by ${touch ? "touch" : "mouse"}`, { k: "0", x: "−0.8", f: "−0.3176" });
  await t.button("Run").click();
  await t.numbers("in the deep well", { x: "−1.057" });
  await t.press(t.part('input[type="range"]').last(), "End", "ArrowLeft");
  await t.numbers("after a key on the slider", { k: "0", x: "1.95" });
  await t.button("Run").click();
  await t.numbers("in the shallow well", { x: "0.9304", above: "0.2495" });
  await t.says("in the shallow well", /local minimum; the lowest value lies 0\.25 deeper/);
  await t.choose("Function", "sine");
  await rateTo(2);
  await t.button("Run").click();
  await t.says("on the sine at ε = 2", /^Oscillates without rest/);
}

async function boundary(t, touch) {
  const box = { x: 34, y: 26, width: 316, height: 316 }, board = t.part(".fig-board"), at = (a, b) => t.place(box, (a + 3) / 6, (b + 3) / 6);
  const tool = value => t.part(`input[type="radio"][value="${value}"]`).check({ force: true });
  await t.choose("Rule", "perceptron");
  await t.choose("Points", "separable");
  await t.press(t.button("Step"), "Enter", "Enter");
  await t.numbers("after 2 updates", { k: "2", wrong: "2 of 18", measure: "150.6" });
  await t.press(t.button("Run"), "Enter");
  await t.numbers("after the run", { k: "15", wrong: "0 of 18" });
  await t.says("after the run", /^Every point is on its side after 15 updates\. Novikoff’s bound allows at most 150\.$/);

  await t.choose("Points", "none");
  await t.press(board, ...times(12, "Shift+ArrowLeft"), ...times(12, "Shift+ArrowDown"), ...times(4, "Shift+ArrowRight"), ...times(4, "Shift+ArrowUp"), "a");
  await t.press(board, ...times(4, "Shift+ArrowRight"), ...times(20, "ArrowUp"), "b"); // (−1, −1) and (1, 1)
  await t.numbers("with two points by keyboard", { k: "0", wrong: "2 of 2", measure: "1.5" });
  await t.button("Run").click();
  await t.numbers("after one correction", { k: "1", wrong: "0 of 2", norm: "1.732" });
  await t.press(board, "n", "Enter", ...times(8, "Shift+ArrowRight"), ...times(8, "Shift+ArrowUp"));
  await t.press(board, "Enter");
  const told = await t.part(".fig-told").innerText();
  if (!/^\((3, 3|1, 1|−1, −1)\): class [01], right side\.$/.test(told)) t.fail(`after a move by keyboard, it tells "${told}"`);
  await t.press(board, "Delete");
  await t.numbers("after Delete", { wrong: "0 of 1" });

  await t.choose("Points", "xor");
  await t.button("Run").click();
  await t.says("on XOR", /No line separates these points: the perceptron never comes to rest; stopped after 200 updates\.$/);
  await t.drag(await at(-1, 1), await at(1, 2.5), touch); // a line exists again, and the run goes on
  await t.drag(await at(1, -1), await at(2.5, 1), touch);
  await t.drag(await at(1, 1), await at(-1, 1), touch);
  await t.numbers(`after drags by ${touch ? "touch" : "mouse"}`, { wrong: "0 of 4" });
  await t.says("after drags", /Novikoff’s bound counts from w = 0: reset to compare\.$/);
  await tool("0");
  await t.tab.mouse.click(...await at(-2, -2));
  await tool("1");
  await t.tab.mouse.click(...await at(2, 2));
  await t.numbers("after two clicks", { wrong: "0 of 6" });
  await tool("remove");
  await t.tab.mouse.click(...await at(2, 2));
  await t.numbers("after a removal", { wrong: "0 of 5" });
  await tool("0");

  await t.choose("Rule", "logistic");
  await t.choose("Points", "overlapping");
  await t.button("Run").click();
  await t.numbers("on overlapping points", { wrong: "4 of 22", norm: "1.695", measure: "0.3997" });
  await t.says("on overlapping points", /^At rest after \d+ steps: .*J has a minimum/);
  await t.choose("Points", "xor");
  await t.numbers("on XOR", { k: "0", norm: "0", measure: "0.6931" });
  await t.says("on XOR", /^∇J = 0 at w = 0/);
  await t.choose("Points", "separable");
  await t.button("Run").click();
  await t.numbers("on separable points", { k: "100,000", wrong: "0 of 18", norm: "27.88" });
  await t.says("on separable points", /grows without bound/);
}

async function path(t, touch) {
  const box = { x: 34, y: 26, width: 316, height: 316 }, board = t.part(".fig-board-path"), at = (a, b) => t.place(box, (a + 2.4) / 4.8, (b + 2.4) / 4.8);
  const [strength, relation] = [t.part('input[type="range"]').first(), t.part('input[type="range"]').last()];
  await t.button("Reset").click();
  await t.choose("Penalty", "l2");
  await t.press(relation, "Home", ...times(28, "ArrowRight")); // ρ = 0.5
  await t.press(strength, "Home");
  await t.numbers("without a penalty", { alpha: "0", w1: "1.5", w2: "0.6", loss: "0" });
  await t.says("without a penalty", /smallest loss, w\*\.$/);
  await t.press(strength, ...times(25, "ArrowRight"));
  await t.numbers("at α = 0.5 under L2", { alpha: "0.5", w1: "1.013", w2: "0.5625", norm: "1.158", loss: "0.1287" });
  await t.says("at α = 0.5 under L2", /touches the ball.*w is 71\.7 % as long as w\*/);
  await t.choose("Penalty", "l1");
  await t.numbers("at α = 0.5 under L1", { w1: "1.167", w2: "0.2667", norm: "1.433" });
  await t.says("at α = 0.5 under L1", /on an edge/);
  await t.press(strength, ...times(25, "ArrowRight"));
  await t.numbers("at α = 1", { alpha: "1", w1: "0.8", w2: "0" });
  await t.says("at α = 1", /at a corner: w₂ = 0, exactly\. The other weight follows at α = 1\.8\.$/);
  await t.press(t.button("Run"), "Enter");
  await t.numbers("at the end of the path", { alpha: "4", w1: "0", w2: "0", norm: "0" });
  await t.says("at the end of the path", /^Both weights are exactly 0, as for all α ≥ 1\.8:/);
  await t.button("α = 0").click();
  await board.scrollIntoViewIfNeeded();
  await t.drag(await at(1.5, 0.6), await at(-1, 1.5), touch);
  await t.numbers(`after a drag by ${touch ? "touch" : "mouse"}`, { w1: "−1", w2: "1.5" });
  await t.press(board, "ArrowRight", "Shift+ArrowDown");
  await t.numbers("after keys", { w1: "−0.95", w2: "1.25" });
  await t.tab.mouse.click(...await at(2, 2));
  await t.numbers("after a click", { w1: "2", w2: "2" });
  await t.press(relation, "Home");
  await t.press(strength, ...times(5, "ArrowRight"));
  await t.numbers("at ρ = −0.9", { alpha: "0.1", w1: "1", w2: "1" });
}

async function subnetworks(t) {
  const unit = name => t.part(`[aria-label="Unit ${name} is kept"]`);
  await t.choose("Drop", "hidden");
  await t.choose("Transfer f", "relu");
  await t.press(t.part('input[type="range"]'), "Home", ...times(8, "ArrowRight")); // p = 0.5
  await t.button("Reset").click();
  await t.numbers("at the start", { k: "8 of 8", chance: "0.125", output: "0.8808" });
  await t.says("at the start", /^With every unit the network says 0\.881; .* exactly; from their mean it differs by /);
  await unit("h₁").click();
  await t.numbers("without h₁", { k: "4 of 8", chance: "0.125", output: "0.52" });
  await t.press(unit("h₃"), "Space");
  await t.says("without h₁ and h₃", /^Without h₁, h₃ the network says 0\.293;/);
  if ((await unit("h₃").getAttribute("aria-checked")) !== "false") t.fail("a unit that is off says that it is on");
  await unit("x₁").click({ force: true }); // inputs stay
  await t.numbers("after a click on an input that stays", { k: "3 of 8" });
  await t.press(t.button("Step"), "Enter");
  await t.numbers("after a step", { k: "2 of 8" });
  await t.press(t.button("Run"), "Enter");
  await t.says("after the run", /^Without h₁, h₂, h₃ the network says 0\.55;/);
  await t.choose("Drop", "both");
  await t.numbers("with inputs", { k: "32 of 32", chance: "0.08" });
  await t.says("with inputs", /differs from their geometric mean by 0\.\d+; from/);
  await unit("x₁").click();
  await t.numbers("without x₁", { k: "16 of 32", chance: "0.02" });
  await t.choose("Transfer f", "linear");
  await t.says("with inputs, linear", /is their geometric mean, exactly/);
  await t.press(t.part('input[type="range"]'), "End");
  await t.button("Reset").click();
  await t.numbers("at p = 0.9", { chance: "0.4666" });
}

async function graph(t) {
  const slider = t.part('input[type="range"]'), steps = await t.stage.evaluate(e => JSON.parse(e.dataset.options).steps);
  const says = async (when, k) => {
    const expected = `${{ start: "Start", forward: "Forward", backward: "Backward" }[steps[k].phase]}: ${steps[k].says}`;
    if ((await t.words()) !== expected) t.fail(`${when}, it says "${await t.words()}", not "${expected}"`);
  };
  const seen = () => t.stage.evaluate(e => [...e.querySelectorAll("svg :is(.g-value, .g-gradient, .g-label)")]
    .filter(part => getComputedStyle(part).visibility === "visible" && part.textContent).length);
  const given = await t.stage.evaluate((e, given) => given.filter(i => e.querySelector(`[data-node="${i}"] .g-value`)).length, steps[0].nodes);
  await t.press(slider, "Home");
  await says("at the start", 0);
  if ((await seen()) !== given) t.fail(`at the start, ${await seen()} numbers are seen, not the ${given} that are given`);
  for (const [k, step] of steps.entries()) {
    await says(`at step ${k}`, k);
    const lit = await t.stage.evaluate(e => [...e.querySelectorAll("[data-node].g-now")].map(node => +node.dataset.node));
    const expected = step.phase === "start" ? [] : step.nodes;
    if (String(lit) !== String(expected)) t.fail(`at step ${k}, nodes ${lit} are lit, not ${expected}`);
    if (step.gradient && (await t.part(`[data-node="${step.nodes[0]}"] .g-gradient`).textContent()) !== step.gradient) {
      t.fail(`at step ${k}, node ${step.nodes[0]} does not show ${step.gradient}`);
    }
    if (k < steps.length - 1) await (k % 2 ? t.press(t.button("Next"), "Enter") : t.button("Next").click());
  }
  const differences = await t.stage.evaluate(e => {
    const read = root => [...root.querySelectorAll("svg text")].map(text => text.textContent);
    const mine = read(e), finished = read(e.nextElementSibling);
    return mine.length === finished.length ? mine.filter((text, k) => text !== finished[k]) : ["their number"];
  });
  if (differences.length) t.fail(`at the end, it is not the finished drawing: ${differences}`);
  if ((await t.button("Next").getAttribute("aria-disabled")) !== "true") t.fail("Next can be pressed at the end");
  await t.press(slider, "Home", "ArrowRight", "ArrowRight", "ArrowLeft");
  await says("after keys on the slider", 1);
  await t.press(t.button("Back"), "Space");
  await says("after Back", 0);
  await t.button("Run").click(); // without motion, at once
  await says("after Run", steps.length - 1);
}

/** For readers who allow motion: Run shows one step after another, and Pause holds it. */
async function motion(t, reset = "Reset", at = () => t.shown("k")) {
  await t.tab.emulateMedia({ reducedMotion: "no-preference" });
  await t.button(reset).click();
  await t.button("Run").click();
  if (!(await t.button("Pause").count())) t.fail("Run does not become Pause");
  await t.tab.waitForTimeout(450);
  await t.button("Pause").click();
  const paused = await at();
  await t.tab.waitForTimeout(300);
  if (paused === "0" || (await at()) !== paused) t.fail(`Pause does not hold: from ${paused} to ${await at()} steps`);
  await t.tab.emulateMedia({ reducedMotion: "reduce" });
}

const DRIVERS = { descent, boundary, graph, path, race, subnetworks, momentum };
const MOTIONS = { graph: t => motion(t, "First", () => t.part('input[type="range"]').inputValue()), path: t => motion(t, "α = 0", () => t.shown("alpha")),
  momentum: t => motion(t, "Best ε, α", () => t.part(".fig-numbers dt").first().innerText()),
  race: t => motion(t, "Reset", () => t.part('input[type="range"]').first().inputValue()) };

/** Drive every figure of the page; nothing below a figure may move while it works. */
export async function driveFigures(tab, report, { touch = false, moving = false } = {}) {
  tab.setDefaultTimeout(5000);
  for (const stage of await tab.locator(".interactive-stage").all()) {
    const name = await stage.getAttribute("data-figure");
    if ((await stage.getAttribute("data-started")) === null || !(name in DRIVERS)) {
      report(`figure ${name}: ${name in DRIVERS ? "did not start" : "has no test in tests/browser/figures.mjs"}`);
      continue;
    }
    await stage.scrollIntoViewIfNeeded();
    await stage.evaluate(e => { // on every change
      const height = e.offsetHeight;
      e.heights = new Set();
      new ResizeObserver(() => e.offsetHeight !== height && e.heights.add(`${height} to ${e.offsetHeight}`)).observe(e);
    });
    const t = tools(tab, stage, name, report);
    try {
      await DRIVERS[name](t, touch);
      if (moving) await (MOTIONS[name] ?? motion)(t);
    } catch (error) { // a button that cannot be pressed, a part that is not there
      t.fail(error.message.split("\n").slice(0, 3).join(" "));
    }
    for (const change of await stage.evaluate(e => [...e.heights])) t.fail(`its height jumps from ${change}px`);
  }
}

/** On paper and without scripts a text stands in for the figure. */
export async function checkStandIns(browser, tab, report) {
  if (!(await tab.locator(".interactive-stage").count())) return;
  const seen = page => page.locator(".interactive-fallback").evaluateAll(texts => texts.every(e => e.offsetHeight > 0 && e.innerText.trim()));
  await tab.emulateMedia({ media: "print" });
  if (!(await seen(tab))) report("no text instead of the figure on paper");
  if (await tab.locator(".fig-buttons").first().isVisible()) report("buttons on paper");
  await tab.emulateMedia({ media: "screen" });
  if (await tab.locator(".interactive-fallback").first().isVisible()) report("the text for paper shows on the screen");
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(tab.url());
  if (!(await page.locator(".interactive-fallback").first().isVisible())) report("no text instead of the figure without scripts");
  await plain.close();
}
