/* A line between two classes of points: Rosenblatt's perceptron, or logistic regression by gradient descent.
   A point is [x₁, x₂, y] with y in {0, 1}; the weights are [w₁, w₂, b]. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* --- mathematics: tests/test_figures.py compares it with pydl --- */
  const ORIGIN = [0, 0, 0];
  const score = (w, [a, b]) => w[0] * a + w[1] * b + w[2];
  const norm = w => Math.hypot(...w);
  const sigmoid = z => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const target = ([, , y]) => 2 * y - 1;
  const mistaken = (w, point) => target(point) * score(w, point) <= 0;
  const mistakes = (points, w) => points.filter(point => mistaken(w, point)).length;

  /** Visit the points in turn from number `next` on, and correct the first mistake: { w, at, next }, or null if there is none. */
  function perceptronStep(points, w, next = 0) {
    for (let i = 0; i < points.length; i++) {
      const at = (next + i) % points.length, point = points[at], t = target(point);
      if (mistaken(w, point)) return { w: [w[0] + t * point[0], w[1] + t * point[1], w[2] + t], at, next: at + 1 };
    }
    return null;
  }

  /** ∇J of the mean cross entropy: the mean of (σ(z) − y)(x₁, x₂, 1). */
  function gradient(points, w) {
    const sum = [0, 0, 0];
    for (const point of points) {
      const error = sigmoid(score(w, point)) - point[2];
      sum[0] += error * point[0];
      sum[1] += error * point[1];
      sum[2] += error;
    }
    return sum.map(s => s / points.length);
  }
  const logisticStep = (points, w, lr) => gradient(points, w).map((g, i) => w[i] - lr * g);
  const crossEntropy = (points, w) =>
    points.reduce((sum, point) => { const z = -target(point) * score(w, point); return sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))); }, 0) / points.length;

  /** The widest margin γ of the extended points t(x₁, x₂, 1), their radius R, and (R/γ)²; null if no line separates them.
      γ is the distance from 0 to their convex hull, whose nearest point lies between at most three of them. */
  function separation(points) {
    const signed = points.map(p => [target(p) * p[0], target(p) * p[1], target(p)]);
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    const squares = signed.map(a => dot(a, a)), n = signed.length;
    const holds = u => { const g = dot(u, u); return g > 1e-12 && signed.every(a => dot(u, a) >= g * (1 - 1e-9)); };
    const result = u => ({ gamma: norm(u), R: Math.sqrt(Math.max(...squares)), bound: Math.max(...squares) / dot(u, u), w: u });
    const mix = (...parts) => [0, 1, 2].map(i => parts.reduce((sum, [c, a]) => sum + c * a[i], 0));
    for (let i = 0; i < n; i++) {
      const a = signed[i];
      if (holds(a)) return result(a);
      for (let j = 0; j < i; j++) {
        const b = signed[j], d = mix([1, b], [-1, a]), dd = dot(d, d), s = -dot(a, d) / dd;
        if (dd < 1e-12) continue;
        if (s > 0 && s < 1) { const u = mix([1 - s, a], [s, b]); if (holds(u)) return result(u); }
        for (let k = 0; k < j; k++) {
          const e = mix([1, signed[k]], [-1, a]), de = dot(d, e), ee = dot(e, e), det = dd * ee - de * de;
          if (det < 1e-12) continue;
          const p = (de * dot(a, e) - ee * dot(a, d)) / det, q = (de * dot(a, d) - dd * dot(a, e)) / det;
          if (p > 0 && q > 0 && p + q < 1) { const u = mix([1 - p - q, a], [p, b], [q, signed[k]]); if (holds(u)) return result(u); }
        }
      }
    }
    return null;
  }

  const turns = (zeros, ones) => zeros.flatMap((p, i) => [[...p, 0], [...ones[i], 1]]);
  const PRESETS = {
    separable: turns(
      [[-1.3, 0.5], [-0.8, -0.7], [0.5, 0.2], [-1.5, -1.1], [-1.6, -0.5], [0, -1.3], [-1.3, 0], [-0.5, 0.3], [-0.5, 1.2]],
      [[1.9, 1.2], [2.3, 1.7], [1.4, 0.7], [1, 1.6], [1, 1.2], [1.4, 2.4], [1.5, 1.4], [0.7, 2.3], [0.1, 1.5]]),
    overlapping: turns(
      [[0.3, -1.3], [-1.3, -0.6], [0.1, 0.4], [-1.2, -1.3], [-2, -1], [-0.8, -0.5], [1.3, -0.9], [-0.9, 0.2], [-1.6, -0.2], [-0.6, 0.5], [-1.8, 0.8]],
      [[1.4, 1.1], [1.7, 0.6], [0.6, 0.8], [-0.3, 1.6], [-0.1, -0.6], [2.4, 0.4], [-0.7, 2.2], [0.4, 1.5], [0.9, 0.1], [-0.9, -1.2], [1.3, 2.3]]),
    xor: [[-1, -1, 0], [1, -1, 1], [1, 1, 0], [-1, 1, 1]],
    none: [],
  };
  const RULES = { perceptron: "Perceptron", logistic: "Logistic regression" };
  const LIMITS = { perceptron: 1e4, logistic: 1e5, hopeless: 200 }; // steps; the last where no line separates the points
  const MOST = 60, EDGE = 3; // points; the plot shows −3 to 3

  /** Parts of the plot: where score(w, ·) = z crosses the square, as two points, or null. */
  function levelLine(w, z) {
    const [a, b, c] = w, ends = [];
    for (const edge of [-EDGE, EDGE]) {
      const x = (z - c - b * edge) / a, y = (z - c - a * edge) / b;
      if (Math.abs(x) <= EDGE) ends.push([x, edge]);
      if (Math.abs(y) < EDGE) ends.push([edge, y]);
    }
    return ends.length < 2 ? null : ends.sort((p, q) => q[1] - p[1] || p[0] - q[0]).slice(0, 2);
  }

  figures.boundary = { score, norm, sigmoid, mistakes, perceptronStep, gradient, logisticStep, crossEntropy, separation, levelLine,
    PRESETS, RULES, LIMITS, MOST, EDGE, ORIGIN };
})();
