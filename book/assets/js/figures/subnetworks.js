/* Dropout's sub-networks of a tiny network: every mask, what it says, and what the scaled network says for all of them. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* --- mathematics: tests/test_figures.py compares it with pydl --- */
  const NET = { // two inputs, three hidden units, one sigmoid
    x: [1, -0.5],
    W: [[1.5, -1], [-1, 2], [2, 1]], b: [-0.4, 2.6, -0.3],
    v: [1.2, -1.8, 0.8], c: 0.2,
  };
  const INPUT_KEEP = 0.8;
  const TRANSFERS = { relu: ["ReLU", a => Math.max(a, 0)], tanh: ["tanh", Math.tanh], linear: ["none: f(a) = a", a => a] };
  const DROPS = { hidden: "hidden units", both: "inputs, too (p = 0.8)" };
  const sigmoid = z => 1 / (1 + Math.exp(-z));
  const dot = (a, b) => a.reduce((sum, u, i) => sum + u * b[i], 0);

  /** The hidden outputs and the score, with a factor on every input and hidden unit: 0 or 1, or a keep probability. */
  function forward(transfer, factors) {
    const x = NET.x.map((value, i) => value * factors[i]);
    const h = NET.W.map((row, j) => TRANSFERS[transfer][1](dot(row, x) + NET.b[j]) * factors[x.length + j]);
    return { x, h, z: dot(NET.v, h) + NET.c };
  }
  /** The probabilities with which inputs and hidden units are kept. */
  const keeps = (drop, p) => [...NET.x.map(() => (drop === "both" ? INPUT_KEEP : 1)), ...NET.v.map(() => p)];
  /** All masks in binary order, each with its probability, its score and its prediction. Inputs that stay are 1 in all. */
  function every(transfer, drop, p) {
    const keep = keeps(drop, p), free = keep.map((_, i) => i).filter(i => drop === "both" || i >= NET.x.length);
    return Array.from({ length: 2 ** free.length }, (_, number) => {
      const mask = keep.map(() => 1);
      free.forEach((i, place) => { mask[i] = (number >> (free.length - 1 - place)) & 1; });
      const probability = keep.reduce((product, q, i) => product * (mask[i] ? q : 1 - q), 1);
      const { z } = forward(transfer, mask);
      return { mask, probability, z, output: sigmoid(z) };
    });
  }
  /** Three answers for all sub-networks: their mean, their geometric mean (renormalized), and the scaled network's. */
  function answers(transfer, drop, p) {
    const all = every(transfer, drop, p), weighted = of => all.reduce((sum, one) => sum + one.probability * of(one), 0);
    const logs = [1, -1].map(side => weighted(one => -Math.log1p(Math.exp(-side * one.z)))); // of ŷ and of 1 − ŷ
    const [yes, no] = logs.map(Math.exp);
    return { mean: weighted(one => one.output), geometric: yes / (yes + no), scaled: sigmoid(forward(transfer, keeps(drop, p)).z) };
  }

  /* --- the figure --- */
  function mount(stage, options) {
    const { html, svg, set, number, evenValues, slider, choice, button, numbers, words, runner, plot } = figures.kit;
    const initial = { transfer: "relu", drop: "hidden", keep: 0.5, ...options };
    let transfer = initial.transfer, drop = initial.drop, all, now;

    const keep = slider({ label: "Hidden: p", values: evenValues(0.1, 0.9, 0.05), value: initial.keep, onInput: () => restart(now) });
    const picker = choice({ label: "Transfer f", value: transfer, options: Object.fromEntries(Object.entries(TRANSFERS).map(([key, [name]]) => [key, name])),
      onChange: value => { transfer = value; restart(now); } });
    const which = choice({ label: "Drop", value: drop, options: DROPS, onChange: value => { drop = value; restart(Infinity); } });

    /* the network: its units are switches */
    const WIDTH = 360, HEIGHT = 260, at = { x: i => [52, 80 + 100 * i], h: j => [180, 40 + 90 * j], y: [308, 130] };
    const units = [...NET.x.map((_, i) => ({ place: at.x(i), name: `x${"₁₂"[i]}` })), ...NET.v.map((_, j) => ({ place: at.h(j), name: `h${"₁₂₃"[j]}` }))];
    const edges = svg("g", { class: "fig-wires" });
    const wire = (from, to, ends, weight) => {
      const node = svg("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: weight < 0 ? "fig-minus" : "fig-plus", "stroke-width": 0.8 + Math.abs(weight) });
      edges.append(node);
      return { node, ends };
    };
    const wires = [...NET.W.flatMap((row, j) => row.map((w, i) => wire(at.x(i), at.h(j), [i, NET.x.length + j], w))), ...NET.v.map((v, j) => wire(at.h(j), at.y, [NET.x.length + j], v))];
    const unit = ({ place: [x, y], name }) => {
      const value = svg("text", { y: 4, "text-anchor": "middle", class: "fig-inside" });
      const node = svg("g", { class: "fig-unit", transform: `translate(${x} ${y})` }, svg("circle", { class: "fig-hit", r: 30 }), svg("circle", { class: "fig-body", r: 24 }), value,
        svg("text", { y: -29, "text-anchor": "middle", class: "fig-name" }, name));
      return { node, value, name };
    };
    const parts = units.map(unit), result = unit({ place: at.y, name: "ŷ" });
    result.node.classList.add("fig-result");
    const fixed = i => drop === "hidden" && i < NET.x.length;
    const flip = i => {
      if (fixed(i)) return;
      const wanted = all[now].mask.map((m, k) => (k === i ? 1 - m : m));
      restart(all.findIndex(one => String(one.mask) === String(wanted)));
    };
    parts.forEach(({ node, name }, i) => {
      set(node, { role: "switch", tabindex: 0, "aria-label": `Unit ${name} is kept`, onclick: () => flip(i) });
      node.addEventListener("keydown", event => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); flip(i); } });
    });
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "fig-plot fig-net", role: "group", "aria-label": "The network; its units can be switched off and on" },
      edges, ...parts.map(part => part.node), result.node);

    const chart = plot({ xLabel: "sub-network", yLabel: "ŷ of each sub-network", left: 34 });
    const lines = Object.fromEntries(["mean", "scaled"].map(name => [name, svg("line", { class: `fig-answer fig-${name}` })]));
    const dots = svg("g", { class: "fig-each" });
    chart.area.append(lines.mean, lines.scaled);
    chart.over.append(dots);

    const run = runner({ advance, draw, wait: 350 });
    const stepper = button("Step", () => { run.stop(); advance(); draw(); });
    const table = numbers({ k: "sub-network", chance: "its P(m)", output: "its ŷ", mean: "mean of all", geometric: "geom. mean", scaled: "scaled net" });
    const text = words(), picture = html("div", { class: "fig-panel", role: "img" }, chart.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair" }, html("div", { class: "fig-panel" }, drawing), picture),
      html("div", { class: "fig-pair fig-controls" },
        html("div", {}, which.node, html("div", { class: "fig-buttons" }, stepper, run.node, button("Reset", () => restart(Infinity)))),
        html("div", {}, picker.node, keep.node)),
      table.node, text.node);

    function advance() {
      if (now > 0) now -= 1; // from the whole network down to the empty one
      return now > 0;
    }
    function restart(place) {
      run.stop();
      all = every(transfer, drop, keep.value);
      now = Math.min(place, all.length - 1);
      draw();
    }
    function draw() {
      const { mask, probability, output } = all[now], found = answers(transfer, drop, keep.value), { x, h } = forward(transfer, mask);
      parts.forEach(({ node, value }, i) => {
        node.classList.toggle("off", !mask[i]);
        value.textContent = number([...x, ...h][i], 2);
        set(node, { "aria-checked": Boolean(mask[i]), "aria-disabled": fixed(i) });
      });
      result.value.textContent = number(output, 2);
      wires.forEach(({ node, ends }) => node.classList.toggle("off", ends.some(i => !mask[i])));
      chart.view({ x: [0, all.length + 1], y: [0, 1] });
      for (const [name, line] of Object.entries(lines)) set(line, { x1: chart.box.x, x2: chart.box.x + chart.box.width, y1: chart.py(found[name]), y2: chart.py(found[name]) });
      const most = Math.max(...all.map(one => one.probability));
      dots.replaceChildren(...all.map((one, i) => svg("circle", { cx: chart.px(i + 1), cy: chart.py(one.output), r: (1.5 + 4.5 * Math.sqrt(one.probability / most)).toFixed(2), class: i === now ? "now" : "" })));
      table.show({ k: `${now + 1} of ${all.length}`, chance: probability, output, ...found });
      set(picture, { "aria-label": `Predictions of ${all.length} sub-networks, their mean ${number(found.mean)} and the scaled network’s ${number(found.scaled)}` });
      for (const node of [stepper, run.node]) set(node, { "aria-disabled": now === 0 && !run.running });
      text.say(inWords(found), run.running);
    }
    function inWords({ mean, geometric, scaled }) {
      const { mask, probability, output } = all[now];
      const gone = parts.filter((_, i) => !mask[i]).map(part => part.name);
      const drawn = gone.length ? `Without ${gone.join(", ")}` : "With every unit";
      const apart = Math.abs(scaled - geometric);
      const exact = apart < 1e-12 ? "The scaled network is their geometric mean, exactly" : `The scaled network differs from their geometric mean by ${number(apart, 2)}`;
      return `${drawn} the network says ${number(output, 3)}; dropout draws this mask with probability ${number(probability, 3)}. ${exact}; from their mean it differs by ${number(Math.abs(scaled - mean), 2)}.`;
    }
    restart(Infinity);
  }

  figures.subnetworks = { NET, INPUT_KEEP, TRANSFERS, DROPS, forward, every, answers, mount };
})();
