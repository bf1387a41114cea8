/* What the interactive figures share: elements, controls, axes, numbers, the run button, the start of it all.
   No library and no network; classic scripts, because a page opened from the disk may not load modules. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* --- elements --- */
  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const set = (element, attributes) => fill(element, attributes, []);
  /** A finger on `element` drags it; elsewhere it scrolls the page. (CSS's touch-action does not reach parts of an SVG.) */
  const draggable = element => {
    element.addEventListener("touchstart", event => event.preventDefault(), { passive: false });
    return element;
  };

  const focus = element => element.focus({ preventScroll: true });
  /** `handle` is dragged: `move(event)` while it is held, `take(event)` at first; then `panel` has the keyboard. */
  function onDrag(handle, panel, move, take = () => {}) {
    handle.addEventListener("pointerdown", event => { handle.setPointerCapture(event.pointerId); event.preventDefault(); focus(panel); take(event); });
    handle.addEventListener("pointermove", event => handle.hasPointerCapture(event.pointerId) && move(event));
    handle.addEventListener("click", event => event.stopPropagation());
  }
  /** A click anywhere on a plot: `move(event)`; then `panel` has the keyboard. */
  const onClick = (plot, panel, move) => plot.node.addEventListener("click", event => { move(event); focus(panel); });
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  /** Arrow keys on `panel`: `move(dx, dy)` by one step, or by `far` of them with Shift. */
  const onArrows = (panel, move, far = 5) => panel.addEventListener("keydown", event => {
    if (!(event.key in ARROWS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(...ARROWS[event.key].map(direction => direction * (event.shiftKey ? far : 1)));
  });

  /* --- numbers --- */
  const raised = n => String(n).replace(/./g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
  function number(x, digits = 4) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "undefined" : x > 0 ? "∞" : "−∞";
    const size = Math.abs(x);
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    const text = size && (size >= 1e5 || size < 1e-3) ? `${+(+mantissa).toFixed(2)}·10${raised(+exponent)}` : String(+x.toPrecision(digits));
    return text === "-0" ? "0" : text.replace("-", "−");
  }
  const whole = n => n.toLocaleString("en");
  const counted = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;
  /** From `from` to `to` in equal ratios, each value of two digits: what is shown is what is used. */
  const logValues = (from, to, perDecade = 40) => [...new Set(
    Array.from({ length: Math.round(Math.log10(to / from) * perDecade) + 1 }, (_, i) => +(from * 10 ** (i / perDecade)).toPrecision(2)))];
  const evenValues = (from, to, step) =>
    Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => +(from + i * step).toFixed(6));

  /* --- controls --- */
  let ids = 0;
  const newId = () => `figure-part-${++ids}`;

  function slider({ label, values, value, onInput }) {
    const id = newId(), shown = html("span", { class: "fig-value" });
    const input = html("input", { type: "range", id, min: 0, max: 0, step: 1 });
    const node = html("div", { class: "fig-control" }, html("label", { for: id }, `${label} = `, shown), input);
    const control = {
      node, input,
      get value() { return values[input.value]; },
      set value(wanted) {
        const distance = v => Math.abs(v - wanted);
        input.value = values.reduce((best, v, i) => (distance(v) < distance(values[best]) ? i : best), 0);
        control.show(values[input.value]);
      },
      show(x) { shown.textContent = number(x); input.setAttribute("aria-valuetext", number(x)); },
      /** Give it another scale. */
      range(scale, wanted) { values = scale; input.max = values.length - 1; control.value = wanted; },
    };
    control.range(values, value);
    input.addEventListener("input", () => { control.show(control.value); onInput(control.value); });
    return control;
  }

  /** A menu of `options` { value: text }, or of groups of them { title: { value: text } }. */
  function choice({ label, options, value, onChange }) {
    const id = newId();
    const entry = ([key, text]) => (typeof text === "string" ? html("option", { value: key }, text) : html("optgroup", { label: key }, ...Object.entries(text).map(entry)));
    const input = html("select", { id }, ...Object.entries(options).map(entry));
    input.value = value;
    input.addEventListener("change", () => onChange(input.value));
    return { node: html("div", { class: "fig-control fig-choice" }, html("label", { for: id }, label), input), input };
  }

  function radios({ label, options, value }) {
    const name = newId();
    const node = html("fieldset", { class: "fig-radios" }, html("legend", {}, label), ...Object.entries(options).map(([key, text]) =>
      html("label", {}, html("input", { type: "radio", name, value: key, ...(key === value && { checked: "" }) }), html("span", {}, text))));
    return { node, get value() { return node.querySelector("input:checked").value; } };
  }

  const button = (text, onclick) => html("button", { type: "button", class: "fig-button", onclick }, text);

  /** A list of numbers, each with its sign: `show({ x: 2 })` sets what stands beside the key x. */
  function numbers(signs) {
    const cells = Object.fromEntries(Object.keys(signs).map(key => [key, html("dd", { "data-number": key })]));
    const node = html("dl", { class: "fig-numbers simple" }, ...Object.entries(signs).map(([key, sign]) => html("div", {}, html("dt", {}, sign), cells[key])));
    return { node, name(key, sign) { cells[key].previousSibling.textContent = sign; }, show(values) { for (const [key, x] of Object.entries(values)) cells[key].textContent = typeof x === "number" ? number(x) : x; } };
  }

  /** What happens, in words; read aloud when things have come to rest, not at every frame. */
  function words() {
    const node = html("p", { class: "fig-words", role: "status", "aria-live": "polite" });
    return { node, say(text, quiet = false) {
      set(node, { "aria-live": quiet ? "off" : "polite" });
      if (node.textContent !== text) node.textContent = text;
    } };
  }

  /** Run and pause. `advance()` does one step and tells whether there are more; readers who want no motion get them at once. */
  function runner({ advance, draw, wait }) {
    let timer = null;
    const node = button("Run", () => (timer === null ? run.start() : run.pause()));
    const still = () => { clearTimeout(timer); timer = null; node.textContent = "Run"; };
    const tick = () => {
      if (advance()) timer = setTimeout(tick, wait);
      else still();
      draw();
    };
    const run = {
      node, wanted: false, // stays true when a run ends by itself: moved data may start it again
      get running() { return timer !== null; },
      start() {
        run.wanted = true;
        if (calm()) { while (advance()); draw(); return; }
        if (timer === null) { node.textContent = "Pause"; timer = setTimeout(tick, 0); }
      },
      stop() { run.wanted = false; still(); },
      pause() { run.stop(); draw(); },
    };
    return run;
  }

  /* --- plots --- */
  function evenTicks([low, high], most) {
    const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find(m => m * power >= raw - 1e-12);
    return evenValues(Math.ceil(low / step - 1e-9) * step, Math.floor(high / step + 1e-9) * step, step);
  }
  function decades([low, high], most = 6) {
    const from = Math.round(Math.log10(low)), to = Math.round(Math.log10(high)), step = Math.ceil((to - from) / most);
    return evenValues(from, from + step * Math.floor((to - from) / step), step).map(e => 10 ** e);
  }

  /** An SVG with axes. `view({ x, y })` sets the ranges; `px` and `py` turn data into SVG units, `at` an event into data. */
  function plot({ width = 360, height = 260, left = 38, right = 10, top = 26, bottom = 38, xLabel, yLabel, logX = false, logY = false }) {
    const clip = newId(), grid = svg("g", { class: "fig-grid" });
    const titles = [
      svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, xLabel),
      svg("text", { x: 4, y: 13 }, yLabel),
    ];
    const box = { x: left, y: top, width: width - left - right, height: height - top - bottom };
    const area = svg("g", { "clip-path": `url(#${clip})` }), over = svg("g");
    const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "fig-plot", focusable: "false", "aria-hidden": "true" },
      svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", box))), grid, svg("g", { class: "fig-titles" }, ...titles), area, over);
    const along = ([low, high], log) => v => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
    const label = (v, log) => (log ? (v === 1 ? "1" : `10${raised(Math.round(Math.log10(v)))}`) : number(v));
    const p = {
      node, area, over, box,
      px: v => box.x + along(p.range.x, logX)(v) * box.width,
      py: v => box.y + (1 - along(p.range.y, logY)(v)) * box.height,
      at(event) {
        const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(node.getScreenCTM().inverse());
        const value = ([low, high], log, t) => (log ? low * (high / low) ** t : low + t * (high - low));
        return { x: value(p.range.x, logX, (x - box.x) / box.width), y: value(p.range.y, logY, 1 - (y - box.y) / box.height), units: [x, y] };
      },
      points: list => list.map(([x, y]) => `${p.px(x).toFixed(2)},${p.py(y).toFixed(2)}`).join(" "),
      view({ x, y, title, xTitle }) {
        if (title) titles[1].textContent = title;
        if (xTitle) titles[0].textContent = xTitle;
        const same = p.range && String([x, y, logX]) === p.drawn;
        p.range = { x, y };
        if (same) return;
        p.drawn = String([x, y, logX]);
        const low = box.y + box.height;
        grid.replaceChildren(
          ...(logX ? decades(x) : evenTicks(x, box.width / 44)).flatMap(v => [
            svg("line", { x1: p.px(v), x2: p.px(v), y1: box.y, y2: low }),
            svg("text", { x: p.px(v), y: low + 15, "text-anchor": "middle" }, label(v, logX))]),
          ...(logY ? decades(y) : evenTicks(y, box.height / 38)).flatMap(v => [
            svg("line", { x1: box.x, x2: box.x + box.width, y1: p.py(v), y2: p.py(v) }),
            svg("text", { x: box.x - 6, y: p.py(v) + 4, "text-anchor": "end" }, label(v, logY))]),
          svg("path", { class: "fig-axis", d: `M${box.x} ${box.y}V${low}H${box.x + box.width}` }));
      },
      scaleX(log) { logX = log; },
    };
    return p;
  }
  /** The first of 1, 2, 5, 10, … times `unit` that holds `x`: an axis that seldom changes. */
  function roomFor(x, unit = 1) {
    let room = unit;
    for (let i = 0; room < x && room < 1e9; i++) room *= [2, 2.5, 2][i % 3];
    return room;
  }

  figures.kit = { html, svg, set, draggable, onDrag, onClick, onArrows, number, whole, counted, logValues, evenValues, slider, choice, radios, button, numbers, words, runner, plot, roomFor, newId };

  /* --- start --- */
  function start() {
    for (const stage of document.querySelectorAll(".interactive-stage")) {
      try {
        figures[stage.dataset.figure].mount(stage, JSON.parse(stage.dataset.options));
        stage.dataset.started = "";
      } catch (error) { // the text for readers without scripts takes over
        stage.remove();
        document.querySelectorAll(".interactive-fallback").forEach(text => text.classList.add("shown"));
        throw error;
      }
    }
  }
  if (typeof document !== "undefined") addEventListener("DOMContentLoaded", start);
})();
