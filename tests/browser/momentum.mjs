// Drives the figure of momentum on a quadratic: see figures.mjs.
import { times } from "./figures.mjs";

export async function momentum(t, touch) {
  const box = { x: 30, y: 26, width: 320, height: 208 }, board = t.part(".fig-board-plane"), map = t.part(".fig-board-map");
  const [size, weight, condition] = [0, 1, 2].map(i => t.part('input[type="range"]').nth(i));
  const at = (x, y) => t.place(box, (x + 3) / 6, (y + 2) / 4), on = (h, alpha) => t.place(box, (Math.log10(h) + 3) / 4, alpha, 1);
  const kind = value => t.part(`input[type="radio"][value="${value}"]`).check({ force: true });
  const shows = async (when, ...expected) => {
    const found = await Promise.all([size, weight, condition].map(input => input.getAttribute("aria-valuetext")));
    if (String(found) !== String(expected)) t.fail(`${when}, ε, α and κ are ${found}, not ${expected}`);
  };
  await kind("no");
  await t.press(condition, "Home", ...times(20, "ArrowRight")); // κ = 100
  await t.press(size, "End");
  await t.press(weight, "Home", ...times(30, "ArrowRight"));
  await shows("by keyboard", "10", "0.3", "100");
  await t.numbers("at ε = 10", { need: "never", took: "never", flat: "0.8449" });
  await t.says("at ε = 10", /^Diverges: ελ₂ = 10 lies beyond 2\.6,/);
  await t.press(t.button("Best at α = 0"), "Enter");
  await shows("at the best of α = 0", "1.98", "0", "100");
  await t.numbers("at the best of α = 0", { flat: "0.9802", steep: "0.9802", rate: "0.9802", need: "346 steps", took: "over 100" });
  await t.says("at the best of α = 0", /^Gradient descent at its best/);
  await t.button("Best ε, α").click();
  await shows("at the best", "3.306", "0.6694", "100");
  await t.numbers("at the best", { rate: "0.8182", need: "35 steps" });
  await t.says("at the best", /corner to corner, .* The best without momentum, 0\.98, takes 10 times as many steps in the long run\.$/);
  await t.press(condition, ...times(10, "ArrowLeft")); // it stays the best
  await shows("at the best for κ = 10", "2.309", "0.2699", "10");
  await kind("yes");
  await shows("at Nesterov’s best", "1.29", "0.4714", "10");
  await t.numbers("at Nesterov’s best", { flat: "0.6408", steep: "0.6408" });
  await t.says("at Nesterov’s best", /λ₂ alternates at the same rate/);
  await kind("no");

  await map.scrollIntoViewIfNeeded();
  await t.tab.mouse.click(...await on(1, 0.8)); // λ₂ goes there, and then its neighbour
  await shows("after a click at (1, 0.8)", "1", "0.8", "10");
  await t.numbers("after a click at (1, 0.8)", { flat: "0.8944", steep: "0.8944", need: "62 steps" });
  await t.says("after a click at (1, 0.8)", /^Both directions: the error oscillates\. .*√α sets the rate/);
  await t.tab.mouse.click(...await on(0.01, 0.5));
  await shows("after a click at (0.01, 0.5)", "0.1", "0.5", "10");
  await t.says("after a click at (0.01, 0.5)", /^Along θ₁ the error falls without a swing, along θ₂ it oscillates\. θ₁ is the slower one: .* a longer step or more momentum would help\.$/);
  await t.press(map, "ArrowUp", "Shift+ArrowDown", "Shift+ArrowRight", "ArrowLeft");
  await shows("after keys", "0.12", "0.46", "10");
  await t.press(size, "Home"); // 0.01
  await map.scrollIntoViewIfNeeded();
  await t.drag(await on(0.004, 0.46), await on(0.4, 0.2), touch);
  await shows(`after a drag of the rod by ${touch ? "touch" : "mouse"}`, "1", "0.2", "10");
  await board.scrollIntoViewIfNeeded();
  await t.drag(await at(-2.6, 0.9), await at(1, -1), touch);
  const begins = async (when, where) => {
    const label = await board.getAttribute("aria-label");
    if (!label.endsWith(`begins at ${where}`)) t.fail(`${when}, it says "${label}"`);
  };
  await begins(`after a drag of the start by ${touch ? "touch" : "mouse"}`, "(1, −1)");
  await t.press(board, "ArrowLeft", "Shift+ArrowUp");
  await begins("after keys", "(0.95, −0.75)");
  await t.tab.mouse.click(...await at(-2.6, 0.9));
  await begins("after a click", "(−2.6, 0.9)");
  await t.press(t.button("Run"), "Enter"); // without motion, at once
  if (!/^‖θ₄₀‖/.test(await t.part(".fig-numbers dt").first().innerText())) t.fail("Run does not end at the last step");
}
