/* Gradient descent on a function of one variable: x ← x − ε f′(x). */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* --- mathematics: tests/test_figures.py compares it with pydl --- */
  const sign = Math.sign, WIDTH = 0.5; // of Huber's round bottom
  const FUNCTIONS = {
    parabola: {
      label: "x²/2", convex: true, f: x => x * x / 2, d1: x => x, d2: () => 1,
      x: [-3, 3], y: [0, 5], start: 2.5, near: 0,
      note: "f″ = 1 everywhere: converges from anywhere if ε < 2, in one step if ε = 1.",
    },
    huber: {
      label: "|x|, rounded at 0 (Huber)", convex: true,
      f: x => (Math.abs(x) <= WIDTH ? x * x / (2 * WIDTH) : Math.abs(x) - WIDTH / 2),
      d1: x => (Math.abs(x) <= WIDTH ? x / WIDTH : sign(x)), d2: x => (Math.abs(x) <= WIDTH ? 1 / WIDTH : 0),
      x: [-3, 3], y: [0, 3], start: 2.5, near: 0,
      note: "f″ ≤ 2: converges if ε < 1. Beyond, |f′| ≤ 1 bounds every step: it cannot diverge.",
    },
    logcosh: {
      label: "log cosh x", convex: true,
      f: x => Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2,
      d1: Math.tanh, d2: x => 1 - Math.tanh(x) ** 2,
      x: [-3, 3], y: [0, 3], start: 2.5, near: 0,
      note: "f″ ≤ 1: converges if ε < 2. Beyond, |f′| < 1 bounds every step: it cannot diverge.",
    },
    quartic: {
      label: "x⁴/4", convex: true, f: x => x ** 4 / 4, d1: x => x ** 3, d2: x => 3 * x * x,
      x: [-2, 2], y: [0, 4], start: 1.5, near: 0,
      note: "f″ = 3x² has no bound, and vanishes at 0: converges, slowly, if x₀² < 2/ε.",
    },
    "double-well": {
      label: "x⁴/4 − x²/2 + x/8", convex: false,
      f: x => x ** 4 / 4 - x * x / 2 + x / 8, d1: x => x ** 3 - x + 1 / 8, d2: x => 3 * x * x - 1,
      x: [-2, 2], y: [-0.5, 2], start: 1.8, near: -1,
      note: "A maximum between two minima, not equally deep: start and ε decide where it ends.",
    },
    sine: {
      label: "x²/8 + sin(3x)/2", convex: false,
      f: x => x * x / 8 + Math.sin(3 * x) / 2, d1: x => x / 4 + 1.5 * Math.cos(3 * x), d2: x => 0.25 - 4.5 * Math.sin(3 * x),
      x: [-5, 5], y: [-1, 4], start: 3.2, near: -0.5,
      note: "f″ changes its sign again and again: small steps end in the first valley they meet.",
    },
  };
  for (const fn of Object.values(FUNCTIONS)) { // the lowest point, by Newton's method
    fn.lowest = fn.near;
    for (let i = 0; i < 20 && fn.d1(fn.lowest); i++) fn.lowest -= fn.d1(fn.lowest) / fn.d2(fn.lowest);
  }
  const LIMIT = 500, FAR = 1e6, FLAT = 1e-9;
  const step = (fn, lr, x) => x - lr * fn.d1(x);

  /** What the path does: { kind, ended, and what the words need }. */
  function judge(fn, lr, path) {
    const k = path.length - 1, x = path[k], back = i => path[k - i];
    if (!(Math.abs(x) < FAR)) return { kind: "diverges", ended: true };
    if (Math.abs(fn.d1(x)) <= FLAT) {
      const top = fn.d2(x) < 0;
      return { kind: top ? "maximum" : "converges", ended: true, above: fn.f(x) - fn.f(fn.lowest) };
    }
    if (k === 0) return { kind: "starts", ended: false, next: step(fn, lr, x) };
    const last = x - back(1), coming = step(fn, lr, x) - x, factor = Math.abs(coming / last);
    for (const period of [2, 4, 8]) {
      if (k >= period && Math.abs(x - back(period)) <= FLAT * (1 + Math.abs(x)) && Math.abs(last) > 1e-6) {
        return { kind: "oscillates", ended: true, period };
      }
    }
    if (k >= 200 && largest(path, k, 100) > 0.98 * largest(path, k - 100, 100) && largest(path, k, 100) > 0.01) {
      return { kind: "wanders", ended: k >= LIMIT };
    }
    const slow = factor > 0.97 && factor <= 1 && Math.abs(fn.d1(x)) < 0.1;
    const kind = last * coming < 0 ? (factor < 1 ? "swings" : "overshoots") : fn.f(x) > fn.f(back(1)) ? "leaps" : slow ? "crawls" : "moves";
    return { kind, ended: k >= LIMIT, factor };
  }
  /** The longest of `count` steps that goes against the step before it. */
  function largest(path, to, count) {
    let most = 0;
    for (let i = to - count + 1; i <= to; i++) {
      const a = path[i] - path[i - 1], b = path[i - 1] - path[i - 2];
      if (a * b < 0) most = Math.max(most, Math.abs(a));
    }
    return most;
  }

  /* --- the figure --- */
  const FLOOR = 1e-16, CEILING = 100;

  function mount(stage, options) {
    const { html, svg, set, draggable, onDrag, onClick, number, counted, logValues, evenValues, slider, choice, button, numbers, words, runner, plot, roomFor } = figures.kit;
    const initial = { function: "parabola", lr: 0.1, ...options };
    let name = initial.function, fn = FUNCTIONS[name], path = [initial.start ?? fn.start];

    const curve = plot({ xLabel: "x", yLabel: "f(x)" }), error = plot({ xLabel: "step k", yLabel: "f(xₖ) − f*", logY: true, left: 44 });
    const line = svg("polyline", { class: "fig-curve" }), tangent = svg("line", { class: "fig-tangent" });
    const trail = svg("polyline", { class: "fig-trail" }), visited = svg("g", { class: "fig-visited" });
    const arrow = svg("path", { class: "fig-arrow" });
    const handle = draggable(svg("g", { class: "fig-handle" }, svg("circle", { class: "fig-hit", r: 22 }),
      svg("circle", { class: "fig-ring", r: 11 }), svg("circle", { class: "fig-dot", r: 6.5 })));
    const outside = svg("text", { class: "fig-outside" });
    curve.area.append(line, tangent, trail, visited, arrow);
    curve.over.append(handle, outside);
    const errorLine = svg("polyline", { class: "fig-trail" }), errorDots = svg("g", { class: "fig-visited" });
    const errorDot = svg("circle", { class: "fig-dot", r: 4.5 });
    error.area.append(errorLine, errorDots);
    error.over.append(errorDot);

    const scale = () => evenValues(...fn.x, 0.05);
    const labels = convex => Object.fromEntries(Object.entries(FUNCTIONS).filter(([, f]) => f.convex === convex).map(([key, f]) => [key, f.label]));
    const picker = choice({ label: "Function", value: name, onChange: pick, options: { convex: labels(true), "not convex": labels(false) } });
    const rate = slider({ label: "Step size ε", values: logValues(0.001, 10), value: initial.lr, onInput: () => draw() });
    const origin = slider({ label: "Start x₀", values: scale(), value: path[0], onInput: restart });
    const note = html("p", { class: "fig-note" });
    const run = runner({ advance, draw, wait: 160 });
    const stepper = button("Step", () => { run.stop(); advance(); draw(); });
    const table = numbers({ k: "k", x: "xₖ", f: "f(xₖ)", d1: "f′(xₖ)", d2: "f″(xₖ)", bound: "2/f″(xₖ)", above: "f(xₖ) − f*" });
    const text = words();
    const grip = html("div", { class: "fig-panel fig-grip", role: "slider", tabindex: 0, "aria-label": "Starting point on the curve" }, curve.node);
    const picture = html("div", { class: "fig-panel", role: "img" }, error.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair" }, grip, picture),
      html("div", { class: "fig-pair fig-controls" },
        html("div", {}, picker.node, html("div", { class: "fig-buttons" }, stepper, run.node, button("Reset", () => restart(path[0])))),
        html("div", {}, rate.node, origin.node)),
      note, table.node, text.node);

    function advance() {
      if (judge(fn, rate.value, path).ended) return false;
      path.push(step(fn, rate.value, path.at(-1)));
      return !judge(fn, rate.value, path).ended;
    }
    function restart(x) {
      run.stop();
      path = [x];
      draw();
    }
    function pick(wanted) {
      name = wanted;
      fn = FUNCTIONS[name];
      origin.range(scale(), fn.start);
      shape();
      restart(origin.value);
    }
    function shape() {
      curve.view({ x: fn.x, y: fn.y });
      const [low, high] = fn.x;
      line.setAttribute("points", curve.points(evenValues(low, high, (high - low) / 240).map(x => [x, fn.f(x)])));
      note.textContent = fn.note;
      set(grip, { "aria-valuemin": low, "aria-valuemax": high });
    }

    /* dragging: anywhere on the plot a click, on the dot a drag, and the keys of a slider */
    const moveTo = x => {
      origin.value = Math.min(Math.max(x, fn.x[0]), fn.x[1]);
      restart(origin.value);
    };
    const follow = event => moveTo(curve.at(event).x);
    onClick(curve, grip, follow);
    onDrag(handle, grip, follow);
    const KEYS = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageDown: -0.5, PageUp: 0.5, Home: -100, End: 100 };
    grip.addEventListener("keydown", event => {
      if (!(event.key in KEYS)) return;
      event.preventDefault();
      moveTo((Math.abs(path.at(-1)) <= fn.x[1] ? path.at(-1) : path[0]) + KEYS[event.key]);
    });

    function draw() {
      const lr = rate.value, k = path.length - 1, x = path[k], slope = fn.d1(x), bend = fn.d2(x), f = fn.f(x), least = fn.f(fn.lowest);
      const verdict = judge(fn, lr, path);
      origin.show(path[0]);

      const [low, high] = fn.x, seen = Math.min(Math.max(Number.isNaN(x) ? 0 : x, low), high), inside = seen === x;
      const height = Math.min(fn.f(seen), fn.y[1]);
      const near = path.slice(-40).map(v => Math.max(-1e4, Math.min(1e4, v))).map(v => [v, Math.min(fn.f(v), 1e6)]);
      trail.setAttribute("points", curve.points(near));
      visited.replaceChildren(...near.filter(([v]) => v >= low && v <= high).map(([v, y]) => svg("circle", { cx: curve.px(v), cy: curve.py(y), r: 3 })));
      tangent.style.display = inside ? "" : "none";
      arrow.style.display = inside && Math.abs(curve.px(x) - curve.px(step(fn, lr, x))) > 1 ? "" : "none";
      if (inside) {
        set(tangent, { x1: curve.px(low), x2: curve.px(high), y1: curve.py(f + slope * (low - x)), y2: curve.py(f + slope * (high - x)) });
        const from = curve.px(x), to = curve.px(Math.max(-1e4, Math.min(1e4, step(fn, lr, x)))), y = curve.box.y + curve.box.height - 7;
        const head = Math.sign(to - from) * Math.min(5, Math.abs(to - from));
        arrow.setAttribute("d", `M${from} ${y}H${to}m${-head} ${-4}l${head} 4l${-head} 4`);
      }
      set(handle, { transform: `translate(${curve.px(seen)} ${curve.py(height)})` });
      outside.textContent = inside ? "" : x > 0 ? `x = ${number(x, 3)} →` : `← x = ${number(x, 3)}`;
      if (!inside) set(outside, { x: curve.px(seen) + (x > 0 ? -14 : 14), y: curve.py(height) + 24, "text-anchor": x > 0 ? "end" : "start" });

      error.view({ x: [0, roomFor(k, 20)], y: [FLOOR, CEILING] });
      const shown = path.map((v, i) => [i, Math.min(Math.max(fn.f(v) - least, FLOOR), CEILING)]).filter(([, y]) => !Number.isNaN(y));
      errorLine.setAttribute("points", error.points(shown));
      errorDots.replaceChildren(...(k > 60 ? [] : shown).map(([i, y]) => svg("circle", { cx: error.px(i), cy: error.py(y), r: 2.2 })));
      const [lastK, lastY] = shown.at(-1);
      set(errorDot, { cx: error.px(lastK), cy: error.py(lastY) });

      const bound = bend > 0 ? 2 / bend : NaN;
      table.show({ k: String(k), x, f, d1: slope, d2: bend, bound: bend > 0 ? bound : "none", above: f - least });
      set(grip, { "aria-valuenow": seen, "aria-valuetext": `x = ${number(x)}, f(x) = ${number(f)}, slope ${number(slope)}` });
      set(picture, { "aria-label": `Distance from the lowest value after ${counted(k, "step")}: ${number(f - least)}, on a logarithmic scale` });
      for (const node of [stepper, run.node]) set(node, { "aria-disabled": verdict.ended && !run.running });
      const stopped = k >= LIMIT && verdict.factor ? ` Stopped after ${LIMIT} steps.` : "";
      text.say(inWords(verdict, { k, x, lr, bend, bound }) + stopped, run.running);
    }

    function inWords({ kind, above, next, factor, period }, { k, x, lr, bend, bound }) {
      const after = `after ${counted(k, "step")}`, times = `the next step is ${number(factor, 3)} times the last`;
      const compare = bend > 0 ? `Here ε = ${number(lr)} ${lr < bound ? "<" : lr > bound ? ">" : "="} 2/f″ = ${number(bound, 3)}.` : "Here f″ ≤ 0: no step size makes a point like this attract.";
      return {
        starts: () => `The next step goes from ${number(x)} to ${number(next)}. ${compare}`,
        moves: () => `Moves downhill; ${times}. ${compare}`,
        leaps: () => `Leaps: the value rose, because the step passed a valley and the hill behind it. ${compare}`,
        crawls: () => `Crawls: ${times}, because the curve hardly bends here (f″ = ${number(bend, 3)}).`,
        swings: () => `Swings from side to side; ${times}. ${compare}`,
        overshoots: () => `Overshoots; ${times}. ${compare}`,
        converges: () => `Converges: ${after} it rests at x = ${number(x)}, where f′ = 0. ` +
          (above > 1e-6 ? `This is a local minimum; the lowest value lies ${number(above, 3)} deeper, and no slope points there.` : "No point is lower."),
        maximum: () => `Rests on a maximum: f′ = 0 there, too, so nothing moves it. Move the start a little and it will leave.`,
        oscillates: () => `Oscillates: it visits the same ${period} points again and again, and never arrives. ${compare}`,
        wanders: () => `Oscillates without rest: ${after} it neither settles nor repeats itself, because the step is too long for the curvature.`,
        diverges: () => `Diverges: ${after} |x| is beyond a million. Each step overshoots by more than it corrects; take a smaller ε.`,
      }[kind]();
    }

    shape();
    moveTo(path[0]);
  }

  figures.descent = { FUNCTIONS, step, judge, mount };
})();
