// Drives the figure of the optimizer race: see figures.mjs.
import { times } from "./figures.mjs";

export async function race(t, touch) {
  const box = { x: 24, y: 24, width: 332, height: 332 }, board = t.part(".fig-board-race"), at = (x, y) => t.place(box, (x + 4) / 8, (y + 4) / 8);
  const [step, noise] = [0, 1].map(i => t.part('input[type="range"]').nth(i)), rate = name => t.stage.getByLabel(`Step size ε of ${name}`, { exact: true });
  const method = name => t.stage.getByRole("checkbox", { name, exact: true });
  const starts = async (when, where) => {
    const label = await board.getAttribute("aria-label");
    if (!label.endsWith(`the start is at ${where}`)) t.fail(`${when}, it says "${label}"`);
  };
  const rates = async (when, expected) => {
    for (const [name, value] of Object.entries(expected)) {
      const found = await rate(name).getAttribute("aria-valuetext");
      if (found !== value) t.fail(`${when}, ε of ${name} is ${found}, not ${value}`);
    }
  };
  const only = async (...names) => { // others go first, so that there is room
    for (const wanted of [false, true]) {
      for (const name of ["SGD", "Momentum", "Nesterov", "Adagrad", "RMSProp", "Adadelta", "Adam", "AMSGrad", "NAdam"]) {
        if (names.includes(name) === wanted && (await method(name).isChecked()) !== wanted) await t.press(method(name), "Space");
      }
    }
  };
  const SIX = ["SGD", "Momentum", "Nesterov", "Adagrad", "RMSProp", "Adam"];
  await t.press(noise, "Home");
  await only(...SIX);
  await t.choose("Function", "ravine");
  await rates("on the ravine", { SGD: "0.025", Nesterov: "0.02" });
  await t.numbers("at the start", { "f-sgd": "31.1", "f-adam": "31.1", "distance-sgd": "3.64", "steps-sgd": "–" });
  await t.says("at the start", /All stand at \(−3\.5, 1\), where f\s=\s31\.1\. Run them: who first comes to f\s≤\s10⁻³, and stays there for ten steps, wins\.$/);
  await t.press(t.button("Step"), "Enter", "Space", "Enter"); // x is multiplied by 0.975, y by −0.25
  await t.numbers("after 3 steps", { "f-sgd": "5.27", "distance-sgd": "3.24" });
  await t.press(t.button("Run"), "Enter");
  await t.numbers("after the run", { "steps-sgd": "173", "steps-nesterov": "58", "steps-adagrad": "6 ★" });
  await t.says("after the run", /^Adagrad and RMSProp win from this start: f\s≤\s10⁻³ after 6 steps\. Nesterov follows after 58\.$/);
  await t.button("Run").click(); // asked again, it goes on to the last step
  if ((await t.button("Run").getAttribute("aria-disabled")) !== "true") t.fail("Run can be pressed at the end");
  await t.press(step, "Home", ...times(70, "ArrowRight"));
  await t.says("at step 70", /Nesterov follows after 58\. Not there after 70: SGD, Momentum and Adam\.$/);

  await t.press(rate("SGD"), "End"); // ε = 10 multiplies y by −499
  await t.numbers("at ε = 10", { "f-sgd": "–", "steps-sgd": "diverged at 3" });
  await t.says("at ε = 10", /SGD diverged at step 3\./);
  await t.button("Default ε").click();
  await rates("by default", { SGD: "0.001", Adagrad: "0.01", Adam: "0.001" });
  await t.numbers("by default", { "steps-sgd": "–", "steps-adagrad": "–" });
  await t.says("by default", /^After 70 steps nobody stays below 10⁻³ yet\. (Momentum|Nesterov) is lowest:/);
  await t.press(t.button("Best ε"), "Enter");
  await t.numbers("at the best rates", { "steps-nesterov": "58", "steps-rmsprop": "6 ★" });

  if (!(await method("NAdam").isDisabled())) t.fail("a seventh method can be chosen");
  await only("SGD", "NAdam");
  await t.numbers("after another choice", { "steps-nadam": "24 ★" });
  if (await t.part('[data-number="f-momentum"]').count()) t.fail("a method that is not chosen stands in the table");
  await only();
  await t.says("without methods", /^Choose up to 6 methods\.$/);
  await only(...SIX);

  await t.press(noise, ...times(6, "ArrowRight"));
  await t.says("with noise", /Every method meets the same noise, σ\s=\s0\.5\.$/);
  const before = await t.shown("f-sgd");
  await t.button("New noise").click();
  if ((await t.shown("f-sgd")) === before) t.fail("another noise changes nothing");
  await t.press(noise, "Home");
  await board.scrollIntoViewIfNeeded();
  await t.drag(await at(-3.5, 1), await at(2, -1), touch);
  await starts(`after a drag by ${touch ? "touch" : "mouse"}`, "(2, −1)");
  await t.press(board, "ArrowRight", "Shift+ArrowUp");
  await starts("after keys", "(2.05, −0.5)");
  await t.tab.mouse.click(...await at(-3, 3));
  await starts("after a click", "(−3, 3)");
  await t.numbers("after a click", { "distance-sgd": "0.51" }); // 3·0.975⁷⁰

  await t.choose("Function", "waves");
  await t.button("Run").click();
  await t.says("among waves", /^Nesterov wins .* SGD rests where the gradient is 0, but not at the lowest point\./);
}
