/* The figure of race.js: contours with the paths of up to six methods, their values over the steps, and who is where. */
(() => {
  "use strict";
  const { METHODS, MOST, STEPS, TOLERANCE, RATES, functions, normals, lane, standing, leaders, finished, tune } = pydlFigures.race;
  const { levels, contours } = pydlFigures.contours;
  const { html, svg, set, draggable, onDrag, onClick, onArrows, number, counted, evenValues, slider, choice, radios, button, words, runner, plot, roomFor, newId } = pydlFigures.kit;

  const SHAPES = { // colour is not all: each method has a shape, and of two kin one is dashed
    sgd: "M-6 0A6 6 0 1 1 6 0A6 6 0 1 1 -6 0Z",
    momentum: "M0 -7.5L7 5.5H-7Z", nesterov: "M0 7.5L7 -5.5H-7Z",
    adagrad: "M-5.5 -5.5H5.5V5.5H-5.5Z", rmsprop: "M0 -7.5L7.5 0L0 7.5L-7.5 0Z",
    adadelta: "M-2.5 -7H2.5V-2.5H7V2.5H2.5V7H-2.5V2.5H-7V-2.5H-2.5Z",
    adam: "M0 -8L2.1 -2.8L7.6 -2.5L3.4 1.1L4.7 6.5L0 3.5L-4.7 6.5L-3.4 1.1L-7.6 -2.5L-2.1 -2.8Z",
    amsgrad: "M-3.8 -6.6H3.8L7.6 0L3.8 6.6H-3.8L-7.6 0Z", nadam: "M7.5 0L-5.5 7V-7Z",
  };
  const FIRST = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"];
  const SPEEDS = { slow: 0.2, normal: 1, fast: 5 }, NOISES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
  const FLOOR = 1e-8, CEILING = 1e4, LEVELS = 16;
  const place = ([x, y]) => `(${number(x, 3)}, ${number(y, 3)})`;
  const name = method => METHODS[method].label;
  const listed = texts => texts.join(", ").replace(/, ([^,]*)$/, " and $1");
  const symbol = method => svg("path", { class: "fig-symbol-of", "data-method": method, d: SHAPES[method] });
  const drawn = method => svg("svg", { class: "fig-key", viewBox: "-13 -9 26 18", "aria-hidden": "true" },
    svg("path", { class: "fig-lane", "data-method": method, d: "M-13 0H13" }), symbol(method));

  function mount(stage, options) {
    const initial = { function: "beale", methods: FIRST, noise: 0, ...options };
    let fn = functions[initial.function], start = fn.start, seed = 1, noise = normals(seed), k = 0, progress = 0, lanes = new Map();
    let chosen = new Set(initial.methods);
    const rates = {};

    /* --- plots --- */
    const plane = plot({ height: 388, xLabel: "x", yLabel: "y", left: 24, right: 4, top: 24, bottom: 32 });
    const hills = svg("g", { class: "fig-hills" }), stars = svg("g", { class: "fig-stars" }), halos = svg("g"), trails = svg("g"), heads = svg("g", { class: "fig-heads" });
    const handle = draggable(svg("g", { class: "fig-handle" },
      svg("circle", { class: "fig-hit", r: 22 }), svg("circle", { class: "fig-ring", r: 11 }), svg("circle", { class: "fig-origin", r: 5 })));
    const named = handle.appendChild(svg("text", { class: "fig-named" }, "start"));
    plane.area.append(hills, stars, halos, trails);
    plane.over.append(handle, heads);
    const chart = plot({ height: 302, xLabel: "step k", yLabel: "f(θₖ), logarithmic", logY: true, left: 34, right: 12, bottom: 34 });
    const goal = svg("g", {}, svg("line", { class: "fig-now", x2: chart.box.width }),
      svg("text", { class: "fig-named", x: chart.box.width - 4, y: -4, "text-anchor": "end" }, "10⁻³"));
    const curves = svg("g"), ends = svg("g", { class: "fig-heads" });
    chart.area.append(goal, curves);
    chart.over.append(ends);

    /* --- controls --- */
    const picker = choice({ label: "Function", value: initial.function, onChange: load, options: Object.fromEntries(Object.entries(functions).map(([key, { label }]) => [key, label])) });
    const sigma = slider({ label: "Noise σ", values: NOISES, value: initial.noise, onInput: anew });
    const scrub = slider({ label: "Step k", values: evenValues(0, STEPS, 1), value: 0, onInput: value => { run.stop(); goTo(value); } });
    const speed = radios({ label: "Speed", value: "normal", options: Object.fromEntries(Object.keys(SPEEDS).map(key => [key, key])) });
    const run = runner({ advance, draw, wait: 40 });
    run.node.classList.add("fig-first");
    const stepper = button("Step", () => { run.stop(); goTo(k + 1); });
    const others = button("New noise", () => { noise = normals(++seed); anew(); });
    const boxes = Object.fromEntries(Object.keys(METHODS).map(method => [method, html("input", { type: "checkbox", onchange: () => toggle(method) })]));
    const chips = html("div", { class: "fig-chips", role: "group", "aria-label": `Methods, at most ${MOST}` },
      ...Object.entries(boxes).map(([method, box]) => html("label", {}, box, html("span", {}, drawn(method), name(method)))));
    const rows = Object.fromEntries(Object.keys(METHODS).map(method => [method, row(method)]));
    const body = html("tbody", { role: "rowgroup" });
    const titles = [["Method"], ["Step size"], ["f(θₖ)"], ["distance"], ["steps", html("span", {}, " to 10⁻³")]];
    const heading = titles.map(text => html("th", { role: "columnheader", scope: "col" }, ...text));
    const table = html("table", { class: "fig-lanes", role: "table", "aria-label": "Who is where" }, html("thead", { role: "rowgroup" }, html("tr", { role: "row" }, ...heading)), body);
    const text = words();
    const help = html("p", { class: "fig-note", id: newId() }, "Drag the start, or click anywhere; by keyboard: arrows (Shift: farther). The crosses are the lowest points. " +
      `Best ε: of ${RATES.length} step sizes, the one that is fastest from this start; default ε: PyTorch’s.`);
    const board = html("div", { class: "fig-panel fig-grip fig-board-race", role: "application", tabindex: 0, "aria-describedby": help.id }, plane.node);
    const picture = html("div", { class: "fig-panel", role: "img" }, chart.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair fig-race" },
        html("div", {}, board, scrub.node, html("div", { class: "fig-buttons" }, stepper, run.node, button("Reset", () => { run.stop(); goTo(0); }))),
        html("div", {}, picker.node, sigma.node,
          html("div", { class: "fig-buttons" }, button("Best ε", () => rate(best)), button("Default ε", () => rate(method => METHODS[method].lr)), others),
          picture, speed.node)),
      text.node, chips, html("div", { class: "fig-lanes-room" }, table), help);

    /** A method's line of the table; the slider sets its step size. */
    function row(method) {
      const control = slider({ label: "ε", values: RATES, value: METHODS[method].lr, onInput: value => { rates[method] = value; enter(method); draw(); } });
      set(control.input, { "aria-label": `Step size ε of ${name(method)}` });
      const cells = ["f", "distance", "steps"].map(key => html("td", { role: "cell", "data-number": `${key}-${method}` }));
      const lift = () => point(method), drop = () => point(null);
      const node = html("tr", { role: "row", "data-method": method, onpointerenter: lift, onpointerleave: drop, onfocusin: lift, onfocusout: drop },
        html("th", { role: "rowheader", scope: "row" }, drawn(method), html("span", {}, name(method))), html("td", { role: "cell" }, control.node), ...cells);
      return { node, cells, control };
    }
    /** Lift one method out of the others. */
    function point(method) {
      for (const node of stage.querySelectorAll("svg.fig-plot [data-method]")) node.classList.toggle("fig-behind", method !== null && node.dataset.method !== method);
    }

    /* --- the race --- */
    const course = () => ({ fn, start, sigma: sigma.value, noise });
    const best = method => tune(method, course());
    function enter(method) { lanes.set(method, lane(method, rates[method], course())); }
    function anew() { // another start, or another noise: all from the beginning, as far as they were
      for (const method of chosen) enter(method);
      draw();
    }
    function rate(rule) {
      for (const method of chosen) rows[method].control.value = rates[method] = rule(method);
      anew();
    }
    function toggle(method) {
      if (chosen.has(method)) chosen.delete(method);
      else {
        chosen.add(method);
        rows[method].control.value = rates[method] = best(method);
        enter(method);
      }
      lineUp();
      draw();
    }
    function load(wanted) {
      run.stop();
      fn = functions[wanted];
      start = fn.start;
      k = progress = 0;
      shape();
      rate(best);
    }
    const standings = (at = k) => [...chosen].map(method => standing(lanes.get(method).to(at), at, fn));
    const over = () => standings().every(finished);
    function goTo(wanted) {
      k = progress = Math.min(wanted, STEPS);
      draw();
    }
    function advance() { // once all have arrived or are lost it rests; asked again, it goes on
      const already = over();
      progress = Math.min(progress + SPEEDS[speed.value], STEPS);
      k = Math.floor(progress);
      return k < STEPS && chosen.size > 0 && (already || !over());
    }

    /* dragging: anywhere on the plane a click, on the start a drag, and the arrow keys */
    const inside = (v, [low, high]) => Math.min(Math.max(+(Math.round(v * 20) / 20).toFixed(2), low), high);
    function moveTo([x, y]) {
      start = [inside(x, fn.window.x), inside(y, fn.window.y)];
      anew();
    }
    const follow = event => { const { x, y } = plane.at(event); moveTo([x, y]); };
    onClick(plane, board, follow);
    onDrag(handle, board, follow);
    onArrows(board, (dx, dy) => moveTo([start[0] + 0.05 * dx, start[1] + 0.05 * dy]), 10);

    /* --- drawing --- */
    /** What only another function changes: its contours and its lowest points. */
    function shape() {
      plane.view(fn.window);
      const { x, y, width, height } = plane.box, path = ring => `M${plane.points(ring).replaceAll(" ", "L")}Z`;
      hills.replaceChildren(...contours(fn.f, fn.window, levels(fn.f, fn.window, LEVELS)).map(rings =>
        svg("path", { d: `M${x - 9} ${y - 9}h${width + 18}v${height + 18}h${-width - 18}Z${rings.map(path).join("")}` })));
      stars.replaceChildren(...fn.minima.map(([a, b]) => svg("path", { d: "M-5 0H5M0 -5V5", transform: `translate(${plane.px(a)} ${plane.py(b)})` })));
    }
    /** What only another choice of methods changes: who stands in the table and has a line. */
    function lineUp() {
      const all = Object.keys(METHODS).filter(method => chosen.has(method));
      chosen = new Set(all);
      for (const [method, box] of Object.entries(boxes)) {
        box.checked = chosen.has(method);
        box.disabled = !box.checked && chosen.size >= MOST;
      }
      body.replaceChildren(...all.map(method => rows[method].node));
      const lines = () => all.map(method => svg("polyline", { class: "fig-lane", "data-method": method }));
      halos.replaceChildren(...all.map(() => svg("polyline", { class: "fig-halo" })));
      trails.replaceChildren(...lines());
      curves.replaceChildren(...lines());
      heads.replaceChildren(...all.map(symbol));
      ends.replaceChildren(...all.map(symbol));
    }

    function draw() {
      const now = standings(), first = leaders(now), anyone = now.some(s => s.arrived !== null), { x, y } = fn.window;
      scrub.value = k;
      const left = start[0] > (x[0] + 3 * x[1]) / 4, up = start[1] < (7 * y[0] + y[1]) / 8;
      set(handle, { transform: `translate(${plane.px(start[0])} ${plane.py(start[1])})` });
      set(named, { x: left ? -10 : 10, y: up ? 0 : -7, "text-anchor": left ? "end" : "start" });
      chart.view({ x: [0, roomFor(k, 20)], y: [FLOOR, CEILING] });
      set(goal, { transform: `translate(${chart.box.x} ${chart.py(TOLERANCE)})` });
      const within = (v, low, high) => (v >= low ? Math.min(v, high) : low), margin = (v, [low, high]) => within(v, 2 * low - high, 2 * high - low);
      now.forEach((s, i) => {
        const { path, values } = lanes.get(s.method), seen = s.diverged === null ? s.k : s.k - 1;
        const way = plane.points(path.slice(0, seen + 1).map(([a, b]) => [margin(a, x), margin(b, y)]));
        for (const layer of [halos, trails]) layer.childNodes[i].setAttribute("points", way);
        const [a, b] = path[seen], at = [within(a, ...x), within(b, ...y)], out = at[0] !== a || at[1] !== b;
        set(heads.childNodes[i], { transform: `translate(${plane.px(at[0])} ${plane.py(at[1])})` });
        heads.childNodes[i].classList.toggle("fig-out", out);
        heads.childNodes[i].style.display = s.k && s.diverged === null ? "" : "none";
        const heights = values.slice(0, s.k + 1).map((v, step) => [step, within(Number.isNaN(v) ? CEILING : v, FLOOR, CEILING)]);
        curves.childNodes[i].setAttribute("points", chart.points(heights));
        set(ends.childNodes[i], { transform: `translate(${chart.px(s.k)} ${chart.py(heights[s.k][1])}) scale(0.75)` });
        const { cells, node } = rows[s.method], lost = s.diverged !== null;
        const won = anyone && first.includes(s);
        const short = x => (lost ? "–" : x && x < 1e-16 ? "< 10⁻¹⁶" : number(x, x < 1e-3 ? 2 : 3));
        const shown = [short(s.value), short(s.distance),
          lost ? `diverged at ${s.diverged}` : s.arrived !== null ? `${s.arrived}${won ? " ★" : ""}` : s.rests !== null ? `rests at ${s.rests}` : "–"];
        cells.forEach((cell, j) => { cell.textContent = shown[j]; });
        node.classList.toggle("fig-won", won);
        node.classList.toggle("fig-lost", lost);
      });
      set(others, { "aria-disabled": sigma.value === 0 });
      set(stepper, { "aria-disabled": k >= STEPS });
      set(run.node, { "aria-disabled": !run.running && (k >= STEPS || !chosen.size) });
      set(board, { "aria-label": `${fn.label}, seen from above; the start is at ${place(start)}` });
      set(picture, { "aria-label": `Values after ${counted(k, "step")}: ${now.map(s => `${name(s.method)} ${number(s.value, 3)}`).join(", ")}` });
      text.say(inWords(now, first), run.running);
    }

    function inWords(now, first) {
      if (!now.length) return `Choose up to ${MOST} methods.`;
      const which = test => now.filter(test), names = list => listed(list.map(s => name(s.method)));
      const told = (list, one, many, rest) => (list.length ? ` ${names(list)} ${list.length > 1 ? many : one} ${rest()}.` : "");
      const lost = which(s => s.diverged !== null).map(s => ` ${name(s.method)} diverged at step ${s.diverged}.`).join("");
      const apart = lost + told(which(s => s.rests !== null), "rests", "rest", () => "where the gradient is 0, but not at the lowest point");
      const noisy = sigma.value ? ` Every method meets the same noise, σ\u00a0= ${number(sigma.value)}.` : "";
      if (k === 0) return `${fn.note} All stand at ${place(start)}, where f\u00a0= ${number(fn.f(start), 3)}. Run them: who first comes to f\u00a0≤\u00a010⁻³, and stays there for ten steps, wins.${noisy}`;
      const there = which(s => s.arrived !== null), away = which(s => !finished(s));
      if (!there.length) return `After ${counted(k, "step")} nobody stays below 10⁻³ yet.${told(first, "is", "are", () => `lowest: f\u00a0= ${number(first[0].value, 3)}`)}${apart}${noisy}`;
      const second = leaders(there.filter(s => !first.includes(s)));
      return told(first, "wins", "win", () => `from this start: f\u00a0≤\u00a010⁻³ after ${counted(first[0].arrived, "step")}`).trim() +
        told(second, "follows", "follow", () => `after ${second[0].arrived}`) + apart + (away.length ? ` Not there after ${k}: ${names(away)}.` : "") + noisy;
    }

    lineUp();
    shape();
    rate(best);
  }

  pydlFigures.race.mount = mount;
})();
