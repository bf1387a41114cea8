/* The figure of momentum on a quadratic: the way down, its error, and where its step size and momentum lie in the plane of all. */
(() => {
  "use strict";
  const { KINDS, rates, limit, complex, optimum, descent, level, path, distance, thousandth } = pydlFigures.momentum;

  const EDGE = { x: 3, y: 2 }, START = [-2.6, 0.9], FAR = 1e5; // FAR: beyond any plot
  const FLOOR = 1e-6, CEILING = 10, H = [1e-3, 10];
  const SHADES = [1, 0.99, 0.98, 0.96, 0.94, 0.9, 0.86, 0.82, 0.78, 0.74, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1];
  const NAMED = [0.5, 0.7, 0.8, 0.9];
  const KAPPAS = [...[1, 10, 100].flatMap(ten => [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].map(x => x * ten)), 1000];
  const AREAS = [ // the regions' names, and where they may stand, [ελ, α]; the first place that is free is taken
    { name: "monotone", plain: [[0.012, 0.12], [0.012, 0.36]] },
    { name: "oscillates", plain: [[0.2, 0.88], [0.35, 0.7], [0.6, 0.45], [0.6, 0.25]], nesterov: [[0.06, 0.93], [0.16, 0.76], [0.3, 0.6], [0.3, 0.88]] },
    { name: "diverges", plain: [[6.4, 0.66], [6.4, 0.4]], turned: true },
    { name: "alternates", plain: [[5.9, 0.18]], nesterov: [[1.2, 0.52], [1.2, 0.24], [1.2, 0.8]] }];
  const clamp = (x, [low, high]) => Math.min(Math.max(x, low), high);

  function mount(stage, options) {
    const { html, svg, set, draggable, onDrag, onClick, onArrows, number, counted, logValues, evenValues, slider, radios, button, numbers, words, runner, plot, roomFor, newId } = pydlFigures.kit;
    const initial = { lr: 1, momentum: 0.8, kappa: 30, nesterov: "no", ...options };
    let { lr, momentum, kappa } = initial, nesterov = initial.nesterov === "yes";
    let start = START, steps = 0, k = 0, way = [], aim = null; // aim: the best ε and α that κ is to keep, `optimum` or `descent`

    /* --- plots --- */
    const plane = plot({ height: 272, xLabel: "θ₁, flat: λ₁ = 1/κ", yLabel: "θ₂, steep: λ₂ = 1", left: 30 });
    plane.view({ x: [-EDGE.x, EDGE.x], y: [-EDGE.y, EDGE.y] });
    const rings = svg("g", { class: "fig-valley" }), trail = svg("polyline", { class: "fig-trail" }), stops = svg("path", { class: "fig-stops" });
    const ball = svg("circle", { class: "fig-dot fig-runner", r: 5 }), least = svg("path", { class: "fig-least", d: "M-4 0H4M0 -4V4" });
    const handle = draggable(svg("g", { class: "fig-handle" }, svg("circle", { class: "fig-hit", r: 22 }),
      svg("circle", { class: "fig-ring", r: 11 }), svg("circle", { class: "fig-start", r: 6 })));
    const marks = [svg("circle", { class: "fig-one", r: 4.5, cx: 128, cy: 264 }), svg("rect", { class: "fig-two", x: 104, y: 5, width: 8, height: 8 })];
    set(least, { transform: `translate(${plane.px(0)} ${plane.py(0)})` });
    plane.area.append(rings, least, trail, stops);
    plane.over.append(...marks, handle, ball);

    const map = plot({ height: 272, xLabel: "ελ, step size times curvature", yLabel: "momentum α", logX: true, left: 30 });
    map.view({ x: H, y: [0, 1] });
    const hatch = newId(), shades = svg("g", { class: "fig-shades" }), lines = svg("g", { class: "fig-levels-rate" }), border = svg("path", { class: "fig-border" });
    const present = svg("polyline", { class: "fig-present" }), pointer = svg("path", { class: "fig-pointer" });
    const areas = AREAS.map(({ name }) => svg("text", { class: "fig-area", "text-anchor": "middle" }, name));
    map.area.append(svg("defs", {}, svg("pattern", { id: hatch, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("line", { class: "fig-hatch", y2: 7 }))), svg("rect", { ...map.box, fill: `url(#${hatch})` }), shades, lines, border, present);
    const dots = [svg("circle", { class: "fig-one", r: 6.5 }), svg("rect", { class: "fig-two", x: -6, y: -6, width: 12, height: 12, rx: 1 })];
    const names = ["λ₁", "λ₂"].map(text => svg("text", { "text-anchor": "middle" }, text));
    const grasp = svg("line", { class: "fig-grasp" }), rod = svg("line", { class: "fig-rod" });
    const bar = draggable(svg("g", { class: "fig-handle fig-bar" }, grasp, rod, ...dots, ...names));
    map.over.append(...areas, pointer, bar);

    const chart = plot({ height: 262, xLabel: "step k", yLabel: "‖θₖ‖/‖θ₀‖", logY: true, left: 40 });
    const parts = [1, 2].map(i => svg("polyline", { class: `fig-part fig-part-${i}` }));
    const error = svg("polyline", { class: "fig-error" }), law = svg("line", { class: "fig-law" }), bare = svg("line", { class: "fig-bare" });
    const reached = svg("g", { class: "fig-reached" }, svg("line"), svg("text")), now = svg("circle", { class: "fig-dot fig-runner", r: 4.5 });
    const key = [["fig-part-1", "|θ₁|", 108], ["fig-part-2", "|θ₂|", 156], ["fig-law", "ρᵏ", 204], ["fig-bare", "best at α = 0", 242]].map(([name, text, x]) =>
      svg("g", { transform: `translate(${x} 0)` }, svg("line", { class: `fig-part ${name}`, x2: 16, y1: 9, y2: 9 }), svg("text", { x: 20, y: 13 }, text)));
    chart.area.append(bare, law, ...parts, error);
    chart.over.append(reached, now, ...key);

    /* --- controls --- */
    const mine = change => value => { aim = null; change(value); restart(); };
    const sliders = {
      lr: slider({ label: "Step size ε", values: logValues(0.01, 10), value: lr, onInput: mine(value => { lr = value; }) }),
      momentum: slider({ label: "Momentum α", values: evenValues(0, 0.99, 0.01), value: momentum, onInput: mine(value => { momentum = value; }) }),
      kappa: slider({ label: "Condition κ", values: KAPPAS, value: kappa, onInput: value => { kappa = value; drawValley(); restart(); } }),
    };
    const kind = radios({ label: "Kind", value: nesterov ? "yes" : "no", options: KINDS });
    kind.node.addEventListener("change", () => { nesterov = kind.value === "yes"; drawMap(); restart(); });
    const run = runner({ advance, draw, wait: 50 });
    const aims = [["Best ε, α", optimum], ["Best at α = 0", descent]].map(([text, wanted]) =>
      ({ wanted, node: button(text, () => { aim = aim === wanted ? null : wanted; restart(); }) }));
    const table = numbers({ left: "", flat: "rate of θ₁", steep: "rate of θ₂", rate: "ρ = larger", need: "10⁻³ by ρᵏ", took: "10⁻³ here" });
    const text = words();
    const help = html("p", { class: "fig-note", id: newId() },
      "Drag the start in the valley, and the rod from λ₁ to λ₂ in the plane of all ε and α, or click there. By keyboard: arrows (Shift: farther).");
    const board = html("div", { class: "fig-panel fig-grip fig-board-plane", role: "application", tabindex: 0, "aria-describedby": help.id }, plane.node);
    const chooser = html("div", { class: "fig-panel fig-grip fig-board-map", role: "application", tabindex: 0, "aria-describedby": help.id }, map.node);
    const picture = html("div", { class: "fig-panel", role: "img" }, chart.node);
    stage.replaceChildren(
      html("div", { class: "fig-pair" }, board, chooser),
      help,
      html("div", { class: "fig-pair fig-controls" },
        html("div", {}, sliders.lr.node, sliders.momentum.node, sliders.kappa.node, kind.node,
          html("div", { class: "fig-buttons" }, run.node, ...aims.map(({ node }) => node))),
        picture),
      table.node, text.node);

    /* --- state --- */
    function advance() { // anew from the start, once the end is reached
      if (k >= way.length - 1) k = 0;
      k = Math.min(k + Math.ceil(steps / 100), way.length - 1);
      return k < way.length - 1;
    }
    function restart() {
      if (aim) ({ lr, momentum } = aim(kappa, nesterov));
      steps = roomFor(10 * Math.sqrt(kappa), 20);
      way = path({ lr, momentum, nesterov }, kappa, start, steps);
      const lost = way.findIndex(point => !point.every(x => Math.abs(x) < 1e12));
      if (lost > 0) way.length = lost + 1;
      if (!run.running) k = way.length - 1;
      k = Math.min(k, way.length - 1);
      draw();
    }
    const round = x => Math.round(x * 20) / 20;
    function startAt([x, y]) {
      const point = [clamp(round(x), [-EDGE.x, EDGE.x]), clamp(round(y), [-EDGE.y, EDGE.y])];
      if (point[0] || point[1]) start = point; // at the minimum there is no way to go
      restart();
    }
    function choose(size, alpha) { // what the sliders can say
      aim = null;
      [lr, momentum] = [[sliders.lr, size], [sliders.momentum, alpha]].map(([control, wanted]) => { control.value = wanted; return control.value; });
      restart();
    }

    /* --- dragging: a click anywhere, a drag of the start or of the rod, and the arrow keys --- */
    let held = null; // where the rod was taken
    const follow = event => { const { x, y } = plane.at(event); startAt([x, y]); };
    onClick(plane, board, follow);
    onDrag(handle, board, follow);
    onArrows(board, (dx, dy) => startAt([start[0] + 0.05 * dx, start[1] + 0.05 * dy]));
    onClick(map, chooser, event => { // the nearer end of the rod goes there
      const { x, y } = map.at(event), ratio = Math.abs(Math.log(x / lr)) <= Math.abs(Math.log((x * kappa) / lr)) ? 1 : kappa;
      choose(x * ratio, y);
    });
    onDrag(bar, chooser, event => { const { x, y } = map.at(event); choose(x * held.ratio, y + held.above); },
      event => { const { x, y } = map.at(event); held = { ratio: lr / x, above: momentum - y }; });
    onArrows(chooser, (dx, dy) => choose(lr * 10 ** (dx / 40), momentum + 0.01 * dy));

    /* --- drawing --- */
    const visible = points => points.map(point => point.map(x => clamp(x, [-FAR, FAR])));
    const onMap = points => map.points(points.map(([h, a]) => [Math.max(h, H[0] / 10), a]));
    function drawMap() { // what depends on the kind of momentum alone
      shades.replaceChildren(...SHADES.map(rho => svg("polygon", { points: onMap(level(rho, nesterov)) })));
      lines.replaceChildren(...NAMED.flatMap(rho => {
        const points = level(rho, nesterov), corner = nesterov ? rho / (2 - rho) : rho ** 2;
        return [svg("polyline", { points: onMap(points) }),
          svg("text", { x: map.px((1 - rho) ** 2) - 3, y: map.py(corner) + 2, "text-anchor": "end" }, rho === 0.9 ? "ρ = 0.9" : String(rho))];
      }));
      const alphas = evenValues(0, 1, 0.02), sides = [0, 1].map(side => onMap(alphas.map(a => [complex(a, nesterov)[side], a])));
      set(border, { d: [...sides, onMap(alphas.map(a => [limit(a, nesterov), a]))].map(points => `M${points}`).join("") });
      set(pointer, { d: nesterov ? "" : `M${map.px(2.75)} ${map.py(0.165)}L${map.px(1.7)} ${map.py(0.06)}` }); // from "alternates" to its narrow region
    }
    function nameAreas(rod, height, rate) {
      const edge = rate > 0 && rate < 1 ? level(rate, nesterov).map(([h, a]) => [map.px(Math.max(h, H[0])), map.py(a)]) : [];
      const highest = Math.min(...edge.map(([, y]) => y)), top = edge.filter(([, y]) => y < highest + 0.01).slice(-2);
      const along = ([x1, y1], [x2, y2]) => evenValues(0, 1, 0.05).map(t => [x1 + t * (x2 - x1), y1 + t * (y2 - y1)]);
      const taken = [...edge, ...(top.length === 2 ? along(...top) : []), ...[0, -12].flatMap(up => along([rod[0], height + up], [rod[1], height + up]))];
      AREAS.forEach(({ plain, nesterov: other = plain, turned }, i) => {
        const upright = turned || (i === 3 && nesterov), [wide, high] = upright ? [10, 34] : [36, 12];
        const spots = (nesterov ? other : plain).map(([h, a]) => [map.px(h), map.py(a)]);
        const crowd = ([x, y]) => taken.filter(([u, v]) => Math.abs(u - x) < wide && Math.abs(v + 4 - y) < high).length;
        const [x, y] = spots.reduce((best, spot) => (crowd(spot) < crowd(best) ? spot : best));
        set(areas[i], { transform: `translate(${x} ${y})${upright ? " rotate(-90)" : ""}` });
      });
    }
    function drawValley() {
      const heights = [2.9, 2.2, 1.6, 1.1, 0.7, 0.4, 0.2, 0.08];
      rings.replaceChildren(...heights.map(y => svg("ellipse", { cx: plane.px(0), cy: plane.py(0),
        rx: plane.px(y * Math.sqrt(kappa)) - plane.px(0), ry: plane.py(0) - plane.py(y) })));
    }

    function draw() {
      const [flat, steep] = rates(lr, momentum, kappa, nesterov), rate = Math.max(flat.rate, steep.rate), seen = visible(way.slice(0, k + 1));

      trail.setAttribute("points", plane.points(seen));
      stops.setAttribute("d", seen.slice(0, 200).map(([x, y]) => `M${plane.px(x).toFixed(1)} ${plane.py(y).toFixed(1)}h0`).join(""));
      set(handle, { transform: `translate(${plane.px(start[0])} ${plane.py(start[1])})` });
      const [x, y] = seen.at(-1), inside = Math.abs(x) <= EDGE.x && Math.abs(y) <= EDGE.y;
      set(ball, { cx: plane.px(x), cy: plane.py(y), visibility: inside && k < way.length - 1 ? "visible" : "hidden" });

      const at = [lr / kappa, lr].map(h => map.px(Math.max(h, H[0]))), height = map.py(momentum);
      for (const line of [grasp, rod]) set(line, { x1: at[0], x2: at[1], y1: height, y2: height });
      dots.forEach((dot, i) => set(dot, { transform: `translate(${at[i]} ${height})` }));
      const near = at[1] - at[0] < 22;
      names[0].textContent = lr / kappa < H[0] ? "← λ₁" : "λ₁"; // beyond the edge
      names.forEach((name, i) => set(name, { x: at[i] + (near ? [-14, 14][i] : 0), y: height + (near ? 4 : momentum > 0.9 ? 20 : -11) }));
      nameAreas(at, height, rate);
      present.setAttribute("points", rate < 1 && rate > 0 ? onMap(level(rate, nesterov)) : "");

      chart.view({ x: [0, steps], y: [FLOOR, CEILING] });
      const curve = what => chart.points(way.slice(0, k + 1).map((point, i) => [i, clamp(what(point), [FLOOR / 1e3, CEILING * 1e3])]));
      const whole = Math.hypot(...start);
      error.setAttribute("points", curve(point => distance(point, start)));
      parts.forEach((part, i) => part.setAttribute("points", curve(point => Math.abs(point[i]) / whole)));
      const straight = (line, rho) => set(line, { x1: chart.px(0), y1: chart.py(1), x2: chart.px(steps), y2: chart.py(clamp(rho ** steps, [1e-300, 1e300])) });
      straight(law, rate);
      straight(bare, descent(kappa).rate);
      const left = distance(way[k], start);
      set(now, { cx: chart.px(k), cy: chart.py(clamp(left, [FLOOR, CEILING])), visibility: k < way.length - 1 ? "visible" : "hidden" });
      const took = way.findIndex(point => distance(point, start) <= 1e-3), shown = took > 0 && took <= k;
      reached.style.display = shown ? "" : "none";
      if (shown) {
        const px = chart.px(took), py = chart.py(1e-3);
        set(reached.firstChild, { x1: px, x2: px, y1: py, y2: chart.box.y + chart.box.height });
        const aside = px < chart.box.x + 60 ? { x: px + 5, "text-anchor": "start" } : { x: px - 5, "text-anchor": "end" };
        set(reached.lastChild, { ...aside, y: chart.box.y + chart.box.height - 6 });
        reached.lastChild.textContent = counted(took, "step");
      }

      sliders.lr.value = lr;
      sliders.momentum.value = momentum;
      sliders.lr.show(lr); // all its digits
      sliders.momentum.show(momentum);
      for (const { node, wanted } of aims) set(node, { "aria-pressed": aim === wanted });
      const need = thousandth(rate);
      table.name("left", `‖θ${String(k).replace(/./g, digit => "₀₁₂₃₄₅₆₇₈₉"[digit])}‖/‖θ₀‖`);
      table.show({ left, flat: flat.rate, steep: steep.rate, rate, need: need === Infinity ? "never" : counted(need, "step"),
        took: took > 0 ? counted(took, "step") : rate < 1 ? `over ${steps}` : "never" });
      set(board, { "aria-label": `The plane of θ₁ and θ₂, with a valley ${number(Math.sqrt(kappa), 3)} times as long as wide. The way begins at (${number(start[0])}, ${number(start[1])})` });
      set(chooser, { "aria-label": `The plane of step sizes and momentum. Here ε = ${number(lr)} and α = ${number(momentum)}: θ₁ ${flat.regime}, θ₂ ${steep.regime}` });
      set(picture, { "aria-label": `Distance left after ${counted(k, "step")}: ${number(left, 3)}, on a logarithmic scale` });
      text.say(inWords(flat, steep, rate), run.running);
    }

    /* --- words --- */
    const HOW = { arrives: "arrives at once", stays: "jumps to and fro for ever", diverges: "diverges", critical: "is on a border, with two equal roots", oscillates: "oscillates",
      monotone: "falls without a swing", alternates: "changes its sign at every step" };
    function inWords(flat, steep, rate) {
      const percent = x => `${number(100 * (1 - x), 3)} %`, bare = descent(kappa).rate;
      if (rate > 1 + 1e-9) return `Diverges: ελ₂ = ${number(lr, 3)} lies beyond ${number(limit(momentum, nesterov), 3)}, the longest step that α = ${number(momentum, 3)} allows.` +
        (flat.rate < 1 ? " One direction is enough: along θ₁ the error would still shrink." : "");
      if (aim === optimum && kappa > 1) return `The best for κ = ${number(kappa)}: ${nesterov ? "ρ = 1 − 2/√(3κ + 1)" : "ρ = (√κ − 1)/(√κ + 1)"} = ${number(rate, 3)}. ` +
        (nesterov ? "λ₁ has two equal roots; λ₂ alternates at the same rate. " : "Each λ has two equal roots: the rod fits the level line, corner to corner, and the error falls like kρᵏ. ") +
        `The best without momentum, ${number(bare, 3)}, takes ${number(Math.log(rate) / Math.log(bare), 2)} times as many steps in the long run.`;
      if (aim === descent && kappa > 1) return `Gradient descent at its best: ρ = (κ − 1)/(κ + 1) = ${number(rate, 3)}. θ₁ shrinks by ${percent(rate)} a step, and so does θ₂, changing its sign: a longer step would slow θ₂, a shorter one θ₁.`;
      const both = flat.regime === steep.regime;
      const how = both ? `Both directions: the error ${HOW[flat.regime]}.` : `Along θ₁ the error ${HOW[flat.regime]}, along θ₂ it ${HOW[steep.regime]}.`;
      if (Math.abs(flat.rate - steep.rate) < 1e-9) return `${how} ${rate ? `Both shrink by ${percent(rate)} a step${flat.regime === "oscillates" && !nesterov ? ": √α sets the rate, whatever ελ is. Less momentum would be faster, as long as both dots stay in this region" : ""}.` : ""}`;
      const slow = flat.rate > steep.rate;
      const cure = !slow ? "a shorter step" : flat.regime === "monotone" ? "a longer step or more momentum" : "a longer step or less momentum";
      return `${how} θ${slow ? "₁" : "₂"} is the slower one: ${percent(rate)} less a step. There, ${cure} would help.`;
    }

    drawMap();
    drawValley();
    restart();
  }

  pydlFigures.momentum.mount = mount;
})();
