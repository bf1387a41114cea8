/* The optimizer race: up to six methods from one start, each with its step size, all under the same noise.
   Mathematics here, compared with pydl by tests/test_figures.py; the view in race-view.js. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});
  const { rules, functions, kit } = figures;

  const METHODS = { // PyTorch's default step sizes
    sgd: { label: "SGD", lr: 0.001 },
    momentum: { label: "Momentum", lr: 0.001 },
    nesterov: { label: "Nesterov", lr: 0.001 },
    adagrad: { label: "Adagrad", lr: 0.01 },
    rmsprop: { label: "RMSProp", lr: 0.01 },
    adadelta: { label: "Adadelta", lr: 1 },
    adam: { label: "Adam", lr: 0.001 },
    amsgrad: { label: "AMSGrad", lr: 0.001 },
    nadam: { label: "NAdam", lr: 0.002 },
  };
  const MOST = 6, STEPS = 1000, TOLERANCE = 1e-3, STAY = 10, FAR = 1e6, FLAT = 1e-7;
  const RATES = kit.logValues(1e-4, 10, 10);

  /** Standard normal pairs, one a step, the same for every method: uniform numbers s / (2³¹ − 1) of the generator
      s ← 48271 s mod (2³¹ − 1) (Park, Miller and Stockmeyer, 1993), made normal by Box and Muller (1958). */
  function normals(seed) {
    const PRIME = 2 ** 31 - 1, pairs = [];
    let s = seed;
    const uniform = () => (s = (48271 * s) % PRIME) / PRIME;
    for (let i = 0; i < 8; i++) uniform(); // small seeds begin small
    return k => {
      while (pairs.length <= k) {
        const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
        pairs.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
      }
      return pairs[k];
    };
  }

  const length = ([x, y]) => Math.max(Math.abs(x), Math.abs(y)); // the larger coordinate is enough here, and quick

  /** One method's path, computed as far as it is asked for. `course`: { fn, start, sigma, noise }. It has arrived at the first of
      STAY steps in a row whose values are within the tolerance: to pass by is not to arrive. */
  function lane(method, lr, { fn, start, sigma, noise }) {
    const rule = rules[method]({ lr }), path = [start], values = [fn.f(start)];
    const made = { method, lr, path, values, arrived: null, diverged: null, rests: null };
    let near = values[0] <= TOLERANCE ? 1 : 0;
    made.to = wanted => {
      while (path.length <= wanted && made.diverged === null) {
        const k = path.length, theta = path[k - 1], slope = fn.grad(theta), [a, b] = sigma ? noise(k - 1) : [0, 0];
        const next = rule.step(theta, [slope[0] + sigma * a, slope[1] + sigma * b]), value = fn.f(next);
        path.push(next);
        values.push(value);
        near = value <= TOLERANCE ? near + 1 : 0;
        if (!(length(next) <= FAR)) made.diverged = k;
        else if (near === STAY) made.arrived ??= k - STAY + 1;
        else if (!near && !sigma && length(slope) < FLAT && length([next[0] - theta[0], next[1] - theta[1]]) < FLAT) made.rests ??= k;
      }
      return made;
    };
    return made;
  }

  /** Where a lane is at step k: { k, theta, value, distance, arrived, diverged, rests }, the last three as steps or null. */
  function standing({ path, values, ...made }, k, fn) {
    const at = Math.min(k, path.length - 1), theta = path[at];
    const by = (step, later = 0) => (step !== null && step + later <= k ? step : null);
    const distance = Math.min(...fn.minima.map(([x, y]) => Math.hypot(theta[0] - x, theta[1] - y)));
    return { method: made.method, lr: made.lr, k: at, theta, value: values[at], distance,
      arrived: by(made.arrived, STAY - 1), diverged: by(made.diverged), rests: by(made.rests) };
  }

  /** Who leads: the first to arrive; before anyone has, the lowest. Several, if they are equal. */
  function leaders(standings) {
    const best = (list, key) => list.filter(s => s[key] === Math.min(...list.map(s => s[key])));
    const there = standings.filter(s => s.arrived !== null);
    return there.length ? best(there, "arrived") : best(standings.filter(s => s.diverged === null), "value");
  }
  const finished = ({ arrived, diverged, rests }) => arrived !== null || diverged !== null || rests !== null;

  /** The best of RATES for a method on a course, of all whose paths stay in the window: the fewest steps to the tolerance or, if
      none comes there, the lowest end, which is the highest of the last hundred values. A rate counts as the worst of itself and
      its neighbours, so that luck does not win; of equals, the largest does. */
  function tune(method, course, steps = STEPS / 2) {
    const { x, y } = course.fn.window, inside = ([a, b]) => a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1];
    const worst = [], costs = [];
    let bound = steps; // who takes longer cannot be the best
    for (let i = RATES.length - 1; i >= 0; i--) { // large rates leave early
      const made = lane(method, RATES[i], course);
      let k = 0, there = true;
      while (k < bound + STAY - 1 && there && made.arrived === null) there = inside(made.to(++k).path[k]);
      const end = () => steps + +Math.max(...made.values.slice(-100)).toPrecision(3);
      costs[i] = !there || (made.arrived === null && bound < steps) ? Infinity : made.arrived ?? end();
      if (i < RATES.length - 1) {
        worst[i + 1] = Math.max(costs[i], costs[i + 1], costs[i + 2] ?? 0);
        bound = Math.min(bound, worst[i + 1]);
      }
    }
    worst[0] = Math.max(costs[0], costs[1]);
    return RATES[worst.lastIndexOf(Math.min(...worst))];
  }

  figures.race = { METHODS, MOST, STEPS, TOLERANCE, RATES, functions, normals, lane, standing, leaders, finished, tune };
})();
