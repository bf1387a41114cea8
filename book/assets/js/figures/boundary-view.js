/* The figure of boundary.js: points to add, drag and remove, and the line that follows them. */
(() => {
  "use strict";
  const { score, norm, sigmoid, mistakes, perceptronStep, gradient, logisticStep, crossEntropy, separation, levelLine,
    PRESETS, RULES, LIMITS, MOST, EDGE, ORIGIN } = pydlFigures.boundary;
  const { html, svg, set, draggable, number, whole, counted, logValues, slider, choice, radios, button, numbers, words, runner, plot, roomFor, newId } = pydlFigures.kit;
  const round = v => Math.round(Math.min(Math.max(v, -EDGE), EDGE) * 20) / 20;
  const place = ([a, b]) => `(${number(a)}, ${number(b)})`;
  const SYMBOLS = [["circle", { r: 6 }], ["path", { d: "M0 -7.5L7 5.5H-7Z" }]]; // two shapes: colour is not all

  function mount(stage, options) {
    const initial = { rule: "perceptron", points: "separable", lr: 1, ...options };
    let points, rule = initial.rule, w, next, k, moved, corrected, best, history, apart;

    const plane = plot({ height: 380, xLabel: "x₁", yLabel: "x₂", left: 34 });
    plane.view({ x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    const chart = plot({ height: 190, xLabel: "step k", yLabel: "" });
    const gradientId = newId(), blend = svg("linearGradient", { id: gradientId, gradientUnits: "userSpaceOnUse" });
    const shade = svg("rect", { ...plane.box, fill: `url(#${gradientId})` }), levels = svg("g", { class: "fig-levels" });
    const dots = svg("g"), cross = svg("path", { class: "fig-cross", d: "M-13 0H-4M4 0H13M0 -13V-4M0 4V13" });
    plane.area.append(svg("defs", {}, blend), shade, levels);
    plane.over.append(dots, cross);
    const trace = svg("polyline", { class: "fig-trail" }), now = svg("circle", { class: "fig-dot", r: 4 });
    const limit = svg("g", { class: "fig-limit" }, svg("line"), svg("text", { "text-anchor": "end" }, "Novikoff’s bound"));
    chart.area.append(trace, limit);
    chart.over.append(now);

    const ruler = choice({ label: "Rule", value: rule, onChange: wanted => { rule = wanted; forget(); }, options: RULES });
    const preset = choice({ label: "Points", value: initial.points, onChange: load,
      options: { separable: "separable", overlapping: "overlapping", xor: "XOR", none: "none: place your own" } });
    const rate = slider({ label: "Step size ε", values: logValues(0.01, 100), value: initial.lr, onInput: () => draw() });
    const tool = radios({ label: "A click:", value: "0", options: { 0: "adds ●", 1: "adds ▲", remove: "removes" } });
    const run = runner({ advance, draw, wait: 120 });
    const stepper = button("Step", () => { run.stop(); once(); draw(); });
    const table = numbers({ k: "k", wrong: "wrong", norm: "‖(w, b)‖", measure: "" });
    const text = words(), told = html("span", { class: "fig-told", role: "status" });
    const help = html("p", { class: "fig-note", id: newId() },
      "Click to add a point, drag to move one. By keyboard: arrows move a cross (Shift: farther), A and B add points of class 0 and 1, " +
      "N goes to the next, Enter picks up or puts down, Delete removes.");
    const board = html("div", { class: "fig-panel fig-board", role: "application", tabindex: 0, "aria-label": "Points of two classes",
      "aria-describedby": help.id }, plane.node);
    const picture = html("div", { class: "fig-panel", role: "img" }, chart.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair" },
        html("div", {}, board, tool.node, text.node),
        html("div", { class: "fig-controls" }, ruler.node, preset.node, rate.node,
          html("div", { class: "fig-buttons" }, stepper, run.node, button("Reset", forget)), picture, table.node)),
      help, told);

    /* --- training --- */
    function forget() {
      run.stop();
      w = ORIGIN;
      moved = false;
      restart();
      draw();
    }
    function restart() { // count anew, from the present w
      next = k = 0;
      corrected = null;
      best = mistakes(points, w);
      apart = separation(points);
      history = [[0, rule === "perceptron" ? best : norm(w)]];
    }
    function load(name) {
      points = PRESETS[name].map(point => [...point]);
      held = null;
      tell("");
      forget();
    }
    function changed() { // points were moved, added or removed
      moved = true;
      restart();
      if (run.wanted) run.start();
      draw();
    }
    function ended() {
      const limit = LIMITS[rule === "perceptron" && !apart ? "hopeless" : rule];
      if (!points.length || k >= limit) return true;
      return rule === "perceptron" ? !mistakes(points, w) : norm(gradient(points, w)) < 1e-9;
    }
    function once() {
      if (ended()) return false;
      if (rule === "perceptron") ({ w, next, at: corrected } = perceptronStep(points, w, next));
      else w = logisticStep(points, w, rate.value);
      k++;
      const wrong = mistakes(points, w);
      best = Math.min(best, wrong);
      history.push([k, rule === "perceptron" ? wrong : norm(w)]);
      return true;
    }
    function advance() { // progress slows down, so frames hold ever more steps
      for (let i = Math.max(1, Math.floor(k / (rule === "perceptron" ? 60 : 12))); i > 0; i--) {
        if (!once()) return false;
        if (i > 1 && k > LIMITS.hopeless) history.pop();
      }
      return !ended();
    }

    /* --- points: mouse, touch, keyboard --- */
    let cursor = [0, 0], held = null, drag = null;
    const nearest = ([a, b], reach) => points.reduce((found, [x, y], i) =>
      (Math.hypot(x - a, y - b) <= (found === null ? reach : Math.hypot(points[found][0] - a, points[found][1] - b)) ? i : found), null);
    const REACH = (22 / plane.box.width) * 2 * EDGE;
    const inside = ({ x, y }) => Math.max(Math.abs(x), Math.abs(y)) <= EDGE;

    function add([a, b], y) {
      if (points.length >= MOST) return tell(`${MOST} points are enough: remove some first.`);
      points.push([round(a), round(b), y]);
      tell(`Class ${y} at ${place(points.at(-1))}.`);
      return changed();
    }
    function remove(i) {
      if (i === null) return tell("No point here.");
      tell(`Removed ${place(points[i])}.`);
      points.splice(i, 1);
      held = null;
      return changed();
    }
    function move(i, [a, b]) {
      points[i].splice(0, 2, round(a), round(b));
      changed();
    }
    const tell = what => { told.textContent = what; };

    plane.node.addEventListener("pointerdown", event => {
      const at = plane.at(event);
      if (event.button || !inside(at)) return;
      board.focus({ preventScroll: true });
      held = null;
      cursor = [round(at.x), round(at.y)];
      drag = { point: nearest([at.x, at.y], REACH), from: at.units, far: false };
      if (drag.point !== null) plane.node.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    plane.node.addEventListener("pointermove", event => {
      if (!drag) return;
      const at = plane.at(event);
      drag.far ||= Math.hypot(at.units[0] - drag.from[0], at.units[1] - drag.from[1]) > 4;
      if (!drag.far || drag.point === null || tool.value === "remove") return;
      cursor = [round(at.x), round(at.y)];
      move(drag.point, [at.x, at.y]);
    });
    plane.node.addEventListener("pointercancel", () => { drag = null; });
    plane.node.addEventListener("pointerup", event => {
      const ending = drag, at = plane.at(event);
      drag = null;
      if (!ending || ending.far) return;
      if (tool.value === "remove") remove(ending.point);
      else if (ending.point === null && inside(at)) add([at.x, at.y], +tool.value);
    });

    board.addEventListener("blur", () => { held = null; tell(""); draw(); });
    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    function describe() {
      const i = held ?? nearest(cursor, REACH / 2);
      tell(`${place(cursor)}${i === null ? "" : `: ${held === null ? "" : "holding "}class ${points[i][2]}, ${target(i)}`}.`);
    }
    const target = i => ((score(w, points[i]) > 0) === !!points[i][2] ? "right side" : "wrong side");
    board.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const here = () => held ?? nearest(cursor, REACH / 2);
      if (key in ARROWS) {
        cursor = cursor.map((v, i) => round(v + ARROWS[key][i] * (event.shiftKey ? 0.5 : 0.1)));
        if (held !== null) move(held, cursor);
        describe();
      } else if (key === "a" || key === "b") add(cursor, key === "a" ? 0 : 1);
      else if (key === "Delete" || key === "Backspace") remove(here());
      else if (key === "Enter" || key === " ") {
        held = held === null ? here() : null;
        if (held !== null) cursor = points[held].slice(0, 2);
        describe();
      } else if (key === "Escape" && held !== null) {
        held = null;
        describe();
      } else if (key === "n" && points.length) {
        held = null;
        cursor = points[((here() ?? -1) + 1) % points.length].slice(0, 2);
        describe();
      } else return;
      event.preventDefault();
      draw();
    });

    /* --- drawing --- */
    function draw() {
      const wrong = mistakes(points, w), length = norm(w), over = ended() && !run.running;
      while (dots.childNodes.length > points.length) dots.lastChild.remove();
      points.forEach((point, i) => {
        const dot = dots.childNodes[i] ?? dots.appendChild(
          draggable(svg("g", {}, svg("circle", { class: "fig-hit", r: 18 }), svg("circle", { class: "fig-ring", r: 11 }))));
        if (dot.dataset.y !== String(point[2])) {
          dot.querySelector(".fig-symbol")?.remove();
          dot.append(svg(SYMBOLS[point[2]][0], { class: "fig-symbol", ...SYMBOLS[point[2]][1] }));
          dot.dataset.y = point[2];
        }
        const states = [target(i) === "wrong side" && norm(w) && "wrong", i === corrected && "corrected", i === held && "held"];
        set(dot, { class: `fig-point ${states.filter(Boolean).join(" ")}`, transform: `translate(${plane.px(point[0])} ${plane.py(point[1])})` });
      });
      set(cross, { transform: `translate(${plane.px(cursor[0])} ${plane.py(cursor[1])})` });
      drawLine();

      chart.scaleX(rule === "logistic");
      if (rule === "perceptron") {
        const room = roomFor(k, 20);
        chart.view({ x: [0, room], y: [0, Math.max(4, Math.ceil(points.length / 4) * 4)], title: "points on the wrong side", xTitle: "update k" });
        const shown = apart && !moved && apart.bound <= room;
        limit.style.display = shown ? "" : "none";
        if (shown) {
          const x = chart.px(apart.bound);
          set(limit.firstChild, { x1: x, x2: x, y1: chart.box.y, y2: chart.box.y + chart.box.height });
          set(limit.lastChild, { x: x - 5, y: chart.box.y + 12 });
        }
      } else {
        limit.style.display = "none";
        chart.view({ x: [1, LIMITS.logistic], y: [0, roomFor(Math.max(...history.map(([, y]) => y)), 5)], title: "‖(w, b)‖", xTitle: "step k (logarithmic)" });
      }
      const seen = rule === "logistic" ? history.map(([i, y]) => [Math.max(1, i), y]) : history;
      trace.setAttribute("points", chart.points(seen));
      set(now, { cx: chart.px(seen.at(-1)[0]), cy: chart.py(seen.at(-1)[1]) });
      set(picture, { "aria-label": rule === "perceptron" ? `Points on the wrong side after ${counted(k, "update")}: ${wrong}` : `Norm of the weights after ${counted(k, "step")}: ${number(length)}` });

      table.name("measure", rule === "perceptron" ? "(R/γ)²" : "J");
      table.show({ k: whole(k), wrong: `${wrong} of ${points.length}`, norm: length,
        measure: !points.length ? "–" : rule === "logistic" ? crossEntropy(points, w) : apart ? apart.bound : "none" });
      rate.input.disabled = rule === "perceptron";
      rate.show(rule === "perceptron" ? 1 : rate.value);
      for (const node of [stepper, run.node]) set(node, { "aria-disabled": over });
      text.say(points.length ? (rule === "perceptron" ? perceptronWords(wrong) : logisticWords(wrong, length)) : "No points: place some of each class.", run.running);
    }

    function drawLine() {
      const tilt = Math.hypot(w[0], w[1]), strongest = rule === "logistic" ? 0.34 : 0.16;
      shade.style.display = norm(w) > 1e-9 ? "" : "none";
      if (tilt > 1e-9) { // opacity follows |2σ(z) − 1| along the normal, or jumps at z = 0
        const end = z => [w[0], w[1]].map(c => (c * (z - w[2])) / tilt ** 2), Z = 6;
        const [x1, y1, x2, y2] = [...end(-Z), ...end(Z)];
        set(blend, { x1: plane.px(x1), y1: plane.py(y1), x2: plane.px(x2), y2: plane.py(y2) });
        const zs = rule === "logistic" ? [-6, -4.5, -3, -2, -1, 0, 0, 1, 2, 3, 4.5, 6] : [-6, 0, 0, 6];
        blend.replaceChildren(...zs.map((z, i) => svg("stop", { offset: (z + Z) / (2 * Z), class: `fig-class-${i < zs.length / 2 ? 0 : 1}`,
          "stop-opacity": rule === "logistic" ? strongest * Math.abs(2 * sigmoid(z) - 1) : strongest })));
      } else {
        const p = sigmoid(w[2]);
        blend.replaceChildren(svg("stop", { offset: 0, class: `fig-class-${p > 0.5 ? 1 : 0}`, "stop-opacity": strongest * Math.abs(2 * p - 1) }));
      }
      const wanted = tilt <= 1e-9 ? [] : rule === "logistic" ? [[0.1, -Math.log(9)], [0.5, 0], [0.9, Math.log(9)]] : [[0, 0]];
      const apartOnScreen = (Math.log(9) / tilt) * (plane.box.width / (2 * EDGE));
      levels.replaceChildren(...wanted.flatMap(([p, z]) => {
        const ends = levelLine(w, z);
        if (!ends) return [];
        const [[a, b], [c, d]] = ends.map(([x, y]) => [plane.px(x), plane.py(y)]);
        const line = svg("line", { x1: a, y1: b, x2: c, y2: d, ...(z && { class: "fig-level" }) });
        if (!p || apartOnScreen < 20) return [line];
        const t = Math.min(0.5, 26 / Math.hypot(c - a, d - b)); // a little way in from the upper end
        return [line, svg("text", { x: a + t * (c - a), y: b + t * (d - b) + 4, "text-anchor": "middle" }, p.toFixed(1).slice(1))];
      }));
    }

    /* --- words --- */
    function perceptronWords(wrong) {
      const left = `${counted(wrong, "point is", "points are")} on the wrong side`;
      const since = moved ? " since the points changed" : "";
      if (k === 0 && !norm(w)) return `w = 0 draws no line yet, so every point counts as a mistake. The first step corrects ${place(points[0])}.`;
      if (!wrong) return `Every point is on its side after ${counted(k, "update")}${since}. ` +
        (moved ? "Novikoff’s bound counts from w = 0: reset to compare." : `Novikoff’s bound allows at most ${number(Math.floor(apart.bound))}.`);
      const last = corrected === null ? "" : norm(w) ? `Update ${k} corrected ${place(points[corrected])}. ` : `Update ${k} brought w back to 0. `;
      if (apart) return `${last}${left[0].toUpperCase()}${left.slice(1)}; a line that separates all exists, so there is an end to this.`;
      return `${last}${left[0].toUpperCase()}${left.slice(1)}, ${best} at best so far. No line separates these points: the perceptron never comes to rest` +
        `${k >= LIMITS.hopeless ? `; stopped after ${k} updates.` : "."}`;
    }
    function logisticWords(wrong, length) {
      const steps = counted(k, "step"), flat = norm(gradient(points, w)) < 1e-9;
      if (flat && length < 1e-9) return "∇J = 0 at w = 0: as far as any line can tell, every point is as likely of one class as of the other. Nothing is learned.";
      if (k === 0 && !moved) return "At w = 0 every probability is ½. The first step moves w along −∇J.";
      const sides = wrong ? `${counted(wrong, "point is", "points are")} on the wrong side of the ½ line` : "Every point is on its side";
      if (apart) return `${sides} after ${steps}, and ‖(w, b)‖ = ${number(length, 3)} ${wrong ? "grows" : "grows without bound: a longer w makes every probability surer, so J has no minimum"}.`;
      if (flat) return `At rest after ${steps}: ‖(w, b)‖ = ${number(length)}. No line separates the points, so J has a minimum, and w stays finite. ${sides}.`;
      return `${sides} after ${steps}; ‖(w, b)‖ = ${number(length, 3)}. No line separates the points, so w will settle.`;
    }

    load(initial.points);
  }

  pydlFigures.boundary.mount = mount;
})();
