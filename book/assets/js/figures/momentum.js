/* Momentum on the quadratic J(θ) = ½ (λ₁θ₁² + λ₂θ₂²), λ₁ = 1/κ, λ₂ = 1: the mathematics of the figure.
   In a direction of curvature λ, with h = ελ, the error follows e₊ = b e − c e₋ (e₋: before, e₊: after). In the long run
   a step multiplies |e| by max |r|, over the roots of r² − b r + c = 0 (Polyak 1964; drawn as a plane by Goh 2017). */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* tests/test_figure_momentum.py compares all of this with pydl and NumPy */
  const KINDS = { no: "plain", yes: "Nesterov" };
  const recurrence = (h, alpha, nesterov) => (nesterov ? { b: (1 + alpha) * (1 - h), c: alpha * (1 - h) } : { b: 1 + alpha - h, c: alpha });
  const same = (x, y) => Math.abs(x - y) < 1e-9;

  /** How the error goes in one direction: its rate a step, max |r|, and what the roots say of the way there. */
  function direction(h, alpha, nesterov) {
    const { b, c } = recurrence(h, alpha, nesterov), apart = b * b - 4 * c;
    const rate = apart < 0 ? Math.sqrt(c) : (Math.abs(b) + Math.sqrt(apart)) / 2;
    const regime = rate < 1e-9 ? "arrives" : same(rate, 1) ? "stays" : rate > 1 ? "diverges" : same(apart, 0) ? "critical"
      : apart < 0 ? "oscillates" : b > 0 ? "monotone" : "alternates";
    return { rate, regime };
  }
  const curvatures = kappa => [1 / kappa, 1];
  const rates = (lr, alpha, kappa, nesterov) => curvatures(kappa).map(lambda => direction(lr * lambda, alpha, nesterov));

  /** From which ελ on errors grow. */
  const limit = (alpha, nesterov) => (2 * (1 + alpha)) / (nesterov ? 1 + 2 * alpha : 1);
  /** Between which ελ the roots are complex. */
  const complex = (alpha, nesterov) => (nesterov ? [((1 - alpha) / (1 + alpha)) ** 2, 1] : [(1 - Math.sqrt(alpha)) ** 2, (1 + Math.sqrt(alpha)) ** 2]);

  /** The ε and α of the smallest rate: Polyak (1964), or, for Nesterov's, Lessard, Recht & Packard (2016, table 1). */
  function optimum(kappa, nesterov) {
    const root = Math.sqrt(nesterov ? 3 * kappa + 1 : kappa);
    return nesterov ? { lr: 4 / (3 + 1 / kappa), momentum: (root - 2) / (root + 2), rate: 1 - 2 / root }
      : { lr: 4 / (1 + 1 / root) ** 2, momentum: ((root - 1) / (root + 1)) ** 2, rate: (root - 1) / (root + 1) };
  }
  /** The best without momentum. */
  const descent = kappa => ({ lr: 2 / (1 + 1 / kappa), momentum: 0, rate: (kappa - 1) / (kappa + 1) });

  /** The edge of the region where the rate is at most `rho`, as points [ελ, α]: up on the left, down on the right. */
  function level(rho, nesterov, n = 24) {
    const corner = nesterov ? rho / (2 - rho) : rho ** 2, top = nesterov ? 1 : corner;
    const up = (from, to) => Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);
    const left = a => (nesterov ? 1 - rho ** 2 / (a < corner ? (1 + a) * rho - a : a) : (1 - rho) * (1 - a / rho));
    const right = a => (nesterov ? 1 + rho ** 2 / (a + (1 + a) * rho) : (1 + rho) * (1 + a / rho));
    const edge = [...up(0, corner), ...(top > corner ? up(corner, top) : [])];
    return [...edge.map(a => [left(a), a]), ...up(top, 0).map(a => [right(a), a])];
  }

  /** Where `steps` steps lead from `start`, as pydl.optim.SGD takes them. */
  function path({ lr, momentum, nesterov }, kappa, start, steps) {
    const rule = figures.rules.momentum({ lr, momentum, nesterov }), lambda = curvatures(kappa), found = [start];
    for (let k = 0; k < steps; k++) found.push(rule.step(found[k], found[k].map((x, i) => lambda[i] * x)));
    return found;
  }
  const distance = ([x, y], start) => Math.hypot(x, y) / Math.hypot(...start);
  /** How many steps of `rate` make 1/1000. */
  const thousandth = rate => (rate >= 1 - 1e-12 ? Infinity : Math.max(1, Math.ceil(Math.log(1e-3) / Math.log(rate))));

  figures.momentum = { KINDS, direction, rates, limit, complex, optimum, descent, level, path, distance, thousandth };
})();
