/* Forward and backward through a computational graph. pydl writes the drawing and the steps into the page
   (pydl/graphs/stepping.py); this file only shows what belongs to a step. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /** What is known after step `now`: the variables that have a value, the gradients so far, the edges walked back. */
  function known(steps, now) {
    const state = { values: new Set(), gradients: new Map(), walked: new Set() };
    for (const { phase, nodes, edges, gradient } of steps.slice(0, now + 1)) {
      if (phase !== "backward") nodes.forEach(i => state.values.add(i));
      else {
        state.gradients.set(nodes[0], gradient);
        edges.forEach(k => state.walked.add(k));
      }
    }
    return state;
  }
  const PHASES = { start: "Start", forward: "Forward", backward: "Backward" };

  function mount(stage, { steps }) {
    const { html, set, slider, button, words, runner } = figures.kit;
    const drawing = stage.nextElementSibling.firstElementChild.cloneNode(true), picture = drawing.querySelector("svg");
    drawing.classList.add("fig-graph");
    const parts = name => [...picture.querySelectorAll(`[data-${name}]`)];
    const place = slider({ label: "Step", values: steps.map((_, k) => k), value: 0, onInput: () => { run.stop(); draw(); } });
    const go = k => { run.stop(); place.value = Math.min(Math.max(k, 0), steps.length - 1); draw(); };
    const advance = () => { place.value += 1; return place.value < steps.length - 1; };
    const run = runner({ advance, draw, wait: 1400 });
    run.node.addEventListener("click", event => { // at the end, it begins again
      if (place.value === steps.length - 1) { event.stopImmediatePropagation(); go(0); run.start(); }
    }, { capture: true });
    const back = [button("First", () => go(0)), button("Back", () => go(place.value - 1))];
    const on = [button("Next", () => go(place.value + 1)), button("Last", () => go(steps.length - 1))];
    const text = words();
    stage.replaceChildren(drawing, text.node, place.node, html("div", { class: "fig-buttons fig-five" }, ...back, run.node, ...on));

    /** The text keeps the height of its longest step, so that the buttons stay where they are. */
    function fit() {
      const ruler = text.node.cloneNode();
      ruler.removeAttribute("role");
      ruler.style.cssText = "position: absolute; visibility: hidden; min-height: 0; inset-inline: 0.75rem";
      stage.append(ruler);
      const heights = steps.map((_, k) => { ruler.textContent = told(k); return ruler.offsetHeight; });
      ruler.remove();
      text.node.style.minHeight = `${Math.max(...heights)}px`;
    }
    const told = k => `${PHASES[steps[k].phase]}: ${steps[k].says}`;

    function draw() {
      const now = place.value, step = steps[now], { values, gradients, walked } = known(steps, now);
      for (const node of parts("node")) {
        const i = +node.dataset.node, value = node.querySelector(".g-value"), gradient = node.querySelector(".g-gradient");
        node.classList.toggle("g-now", step.phase !== "start" && step.nodes.includes(i));
        node.classList.toggle("g-later", !values.has(i));
        if (value) value.style.visibility = values.has(i) ? "" : "hidden";
        if (gradient) gradient.textContent = gradients.get(i) ?? "";
      }
      for (const edge of parts("edge")) {
        const k = +edge.dataset.edge, label = edge.querySelector(".g-label");
        edge.classList.toggle("g-now", step.edges.includes(k));
        if (label) {
          label.style.visibility = walked.has(k) ? "" : "hidden";
          edge.querySelector(".g-under").style.display = walked.has(k) ? "" : "inline";
        }
      }
      picture.dataset.phase = step.phase;
      place.show(now);
      place.input.setAttribute("aria-valuetext", `${now} of ${steps.length - 1}`);
      for (const node of back) set(node, { "aria-disabled": now === 0 });
      for (const node of on) set(node, { "aria-disabled": now === steps.length - 1 });
      text.say(told(now));
    }
    draw();
    fit();
    new ResizeObserver(fit).observe(drawing);
  }

  figures.graph = { known, mount };
})();
