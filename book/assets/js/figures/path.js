/* What a penalty does to two weights: the path of the best weights over α, and the ball or diamond that touches the loss. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* --- mathematics: tests/test_figures.py compares it with pydl ---
     Two inputs of variance 1 and correlation ρ, w* the weights of the smallest loss:
     L(w) = ½ (w − w*)ᵀ H (w − w*), H = (1 ρ; ρ 1), and J = L + (α/2)‖w‖² or L + α‖w‖₁. */
  const slope = (rho, [a, b]) => [a + rho * b, rho * a + b]; // H w; of w*, the largest |entry| is where L1 ends
  const loss = (rho, best, w) => {
    const d = [w[0] - best[0], w[1] - best[1]], g = slope(rho, d);
    return (d[0] * g[0] + d[1] * g[1]) / 2;
  };
  const soft = (x, t) => Math.sign(x) * Math.max(Math.abs(x) - t, 0);
  const PENALTIES = {
    l2: {
      label: "L2: a ball", sign: "‖w‖₂", norm: w => Math.hypot(...w),
      solve(rho, best, alpha) { // (H + αI) w = H w*
        if (!alpha) return best;
        const [a, b] = slope(rho, best), d = 1 + alpha, det = d * d - rho * rho;
        return [(d * a - rho * b) / det, (d * b - rho * a) / det];
      },
    },
    l1: {
      label: "L1: a diamond", sign: "‖w‖₁", norm: w => Math.abs(w[0]) + Math.abs(w[1]),
      solve(rho, best, alpha) { // coordinate descent: each weight in turn, with the other held
        const [a, b] = slope(rho, best);
        let [v, w] = best, before;
        for (let i = 0; i < 1000; i++) {
          before = v;
          v = soft(a - rho * w, alpha);
          w = soft(b - rho * v, alpha);
          if (Math.abs(v - before) <= 1e-16) break;
        }
        return [v, w];
      },
    },
  };
  const vanishing = (rho, best) => Math.max(...slope(rho, best).map(Math.abs)); // from this α on, L1 leaves no weight

  /** Points of the ellipse on which the loss is `level`. */
  function ellipse(rho, best, level, n = 96) {
    const long = Math.sqrt(level / (1 + rho)), across = Math.sqrt(level / (1 - rho));
    return Array.from({ length: n + 1 }, (_, i) => {
      const c = long * Math.cos((2 * Math.PI * i) / n), s = across * Math.sin((2 * Math.PI * i) / n);
      return [best[0] + c + s, best[1] + c - s];
    });
  }

  /* --- the figure --- */
  const EDGE = 2, ROOM = 2.4, LEVELS = [0.05, 0.2, 0.5, 1, 2, 4];
  const round = x => Math.round(Math.min(Math.max(x, -EDGE), EDGE) * 20) / 20;

  function mount(stage, options) {
    const { html, svg, set, draggable, onDrag, onClick, onArrows, number, evenValues, slider, choice, button, numbers, words, runner, plot, newId } = figures.kit;
    const initial = { penalty: "l2", alpha: 0.5, correlation: 0.5, ...options }, START = [1.5, 0.6];
    const alphas = evenValues(0, 4, 0.02);
    let penalty = initial.penalty, best = START;

    const plane = plot({ height: 380, xLabel: "w₁", yLabel: "w₂", left: 34 });
    plane.view({ x: [-ROOM, ROOM], y: [-ROOM, ROOM] });
    const chart = plot({ height: 240, xLabel: "α", yLabel: "weights", left: 34 });
    const ball = svg("polygon", { class: "fig-ball" }), axes = svg("g", { class: "fig-zero" },
      svg("path", { d: `M${plane.box.x} ${plane.py(0)}h${plane.box.width}M${plane.px(0)} ${plane.box.y}v${plane.box.height}` }));
    const rings = svg("g", { class: "fig-rings" }), touching = svg("polyline", { class: "fig-curve" });
    const star = svg("text", { y: -8 }, "w*"), trail = svg("polyline", { class: "fig-way" }), here = svg("circle", { class: "fig-dot fig-here", r: 6.5 });
    const handle = draggable(svg("g", { class: "fig-handle" }, svg("circle", { class: "fig-hit", r: 22 }),
      svg("circle", { class: "fig-ring", r: 11 }), svg("path", { class: "fig-best", d: "M-6 0H6M0 -6V6" }), star));
    plane.area.append(axes, ball, rings, touching, trail);
    plane.over.append(handle, here);
    const lines = [1, 2].map(j => svg("polyline", { class: `fig-weight-${j}` }));
    const zero = svg("g", { class: "fig-zero" }, svg("path")), now = svg("line", { class: "fig-now" });
    const marks = [svg("circle", { class: "fig-dot", r: 4.5 }), svg("rect", { class: "fig-dot", x: -4, y: -4, width: 8, height: 8 })];
    const names = ["w₁", "w₂"].map(text => svg("text", { class: "fig-outside", "text-anchor": "end" }, text));
    chart.area.append(zero, now, ...lines);
    chart.over.append(...marks, ...names);

    const picker = choice({ label: "Penalty", value: penalty, onChange: wanted => { penalty = wanted; shape(); },
      options: Object.fromEntries(Object.entries(PENALTIES).map(([key, { label }]) => [key, label])) });
    const strength = slider({ label: "Strength α", values: alphas, value: initial.alpha, onInput: () => { run.stop(); draw(); } });
    const relation = slider({ label: "Correlation ρ", values: evenValues(-0.9, 0.9, 0.05), value: initial.correlation, onInput: () => shape() });
    const run = runner({ advance, draw, wait: 40 });
    const buttons = html("div", { class: "fig-buttons" }, run.node, button("α = 0", () => { run.stop(); strength.value = 0; draw(); }), button("Reset", reset));
    const table = numbers({ alpha: "α", w1: "w₁", w2: "w₂", norm: "‖w‖₂", loss: "L(w)" });
    const text = words();
    const help = html("p", { class: "fig-note", id: newId() }, "Drag w*, the minimum of the loss, or move it by the arrow keys (Shift: farther).");
    const board = html("div", { class: "fig-panel fig-grip fig-board-path", role: "application", tabindex: 0, "aria-describedby": help.id }, plane.node);
    const picture = html("div", { class: "fig-panel", role: "img" }, chart.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair" },
        html("div", {}, board, help),
        html("div", { class: "fig-controls" }, picker.node, strength.node, relation.node, buttons, picture)),
      table.node, text.node);

    const at = alpha => PENALTIES[penalty].solve(relation.value, best, alpha);
    function advance() { // along the path, from where it is
      const ahead = alphas.findIndex(alpha => alpha > strength.value);
      if (ahead < 0) return false;
      strength.value = alphas[ahead];
      return ahead < alphas.length - 1;
    }
    function reset() {
      run.stop();
      best = START;
      strength.value = initial.alpha;
      relation.value = initial.correlation;
      shape();
    }
    function moveTo([x, y]) {
      best = [round(x), round(y)];
      shape();
    }

    /* dragging: anywhere on the plane a click, on the cross a drag, and the arrow keys */
    const follow = event => { const { x, y } = plane.at(event); moveTo([x, y]); };
    onClick(plane, board, follow);
    onDrag(handle, board, follow);
    onArrows(board, (dx, dy) => moveTo([best[0] + 0.05 * dx, best[1] + 0.05 * dy]));

    /** What does not depend on the strength: the loss, the path, the weights over α. */
    function shape() {
      const rho = relation.value, path = alphas.map(at), most = Math.max(1, ...path.flat().map(Math.abs));
      rings.replaceChildren(...LEVELS.map(level => svg("polyline", { points: plane.points(ellipse(rho, best, level)) })));
      trail.setAttribute("points", plane.points(path));
      set(handle, { transform: `translate(${plane.px(best[0])} ${plane.py(best[1])})` });
      set(star, best[0] > 1.6 ? { x: -10, "text-anchor": "end" } : { x: 10, "text-anchor": "start" });
      chart.view({ x: [0, 4], y: most > 1 ? [-2.5, 2.5] : [-1.25, 1.25] });
      zero.firstChild.setAttribute("d", `M${chart.box.x} ${chart.py(0)}h${chart.box.width}`);
      lines.forEach((line, j) => line.setAttribute("points", chart.points(path.map((w, i) => [alphas[i], w[j]]))));
      table.name("norm", PENALTIES[penalty].sign);
      draw();
    }

    function draw() {
      const rho = relation.value, alpha = strength.value, w = at(alpha), size = PENALTIES[penalty].norm(w), value = loss(rho, best, w);
      const turn = Array.from({ length: 96 }, (_, i) => (Math.PI * i) / 48);
      const edge = penalty === "l2" ? turn.map(t => [size * Math.cos(t), size * Math.sin(t)]) : [[size, 0], [0, size], [-size, 0], [0, -size]];
      ball.setAttribute("points", plane.points(edge));
      touching.setAttribute("points", plane.points(ellipse(rho, best, value)));
      set(here, { cx: plane.px(w[0]), cy: plane.py(w[1]) });
      const x = chart.px(alpha), { y, height, x: left, width } = chart.box;
      set(now, { x1: x, x2: x, y1: y, y2: y + height });
      const upper = w[0] >= w[1] ? 0 : 1;
      marks.forEach((mark, j) => set(mark, { transform: `translate(${x} ${chart.py(w[j])})` }));
      const aside = x + 24 < left + width ? { dx: 8, anchor: "start" } : { dx: -8, anchor: "end" };
      names.forEach((name, j) => set(name, { x: x + aside.dx, y: chart.py(w[j]) + (j === upper ? -7 : 16), "text-anchor": aside.anchor }));

      table.show({ alpha, w1: w[0], w2: w[1], norm: size, loss: value });
      set(board, { "aria-label": `The plane of two weights. Smallest loss at w* = (${number(best[0])}, ${number(best[1])}), smallest J at (${number(w[0])}, ${number(w[1])})` });
      set(picture, { "aria-label": `The weights over α: at α = ${number(alpha)}, w₁ = ${number(w[0], 3)} and w₂ = ${number(w[1], 3)}` });
      text.say(inWords(alpha, w, rho), run.running);
    }

    function inWords(alpha, w, rho) {
      const gone = w.map((v, j) => (v === 0 ? `w${"₁₂"[j]}` : "")).filter(Boolean);
      if (alpha === 0) return "Without a penalty, the best weights are those of the smallest loss, w*.";
      if (penalty === "l2") {
        const share = Math.hypot(...best) ? `w is ${number((100 * Math.hypot(...w)) / Math.hypot(...best), 3)} % as long as w*. ` : "";
        return `The ellipse touches the ball at w: on the ball, no weights have a smaller loss. ${share}` +
          (gone.length ? `${gone.join(" and ")} = 0, because nothing pulls there.` : "As α grows the ball shrinks, but no weight stays at exactly 0.");
      }
      const end = number(vanishing(rho, best), 3);
      if (gone.length === 2) return `Both weights are exactly 0, as for all α ≥ ${end}: the slope of the loss at 0 is too small to pay for a weight.`;
      if (gone.length === 1) return `The ellipse touches the diamond at a corner: ${gone[0]} = 0, exactly. The other weight follows at α = ${end}.`;
      return "The ellipse touches the diamond on an edge: both weights are in use. While they are, each moves along a straight line.";
    }

    shape();
  }

  figures.path = { PENALTIES, loss, vanishing, ellipse, mount };
})();
