/* Contours of a function of two variables, by marching squares: for each level the closed rings around where f lies below. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /* Of a cell whose corners below the level are the bits 1, 2, 4, 8 (counterclockwise from the lower left): from which edge to
     which the ring runs, the low side on its left. Edges: 0 lower, 1 right, 2 upper, 3 left. */
  const WAYS = [[], [[0, 3]], [[1, 0]], [[1, 3]], [[2, 1]], [[0, 3], [2, 1]], [[2, 0]], [[2, 3]],
    [[3, 2]], [[0, 2]], [[1, 0], [3, 2]], [[1, 2]], [[3, 1]], [[0, 1]], [[3, 0]], []];

  /** `n` levels in equal ratios over the values that f takes in the window: from what 1 % of it lie below to the highest. */
  function levels(f, window, n) {
    const values = sample(f, window, 80).values.flat().filter(Number.isFinite).sort((a, b) => a - b);
    const low = values[Math.floor(values.length / 100)], ratio = values.at(-1) / low;
    return Array.from({ length: n }, (_, i) => low * ratio ** (i / n));
  }

  /** Values on a grid over the window; its outermost rows and columns, beyond the window, count as infinitely high. */
  function sample(f, { x: [left, right], y: [low, high] }, n) {
    const at = (i, j) => [left + ((right - left) * (i - 1)) / (n - 3), low + ((high - low) * (j - 1)) / (n - 3)];
    const outside = i => i === 0 || i === n - 1;
    const values = Array.from({ length: n }, (_, j) => Array.from({ length: n }, (_, i) => (outside(i) || outside(j) ? Infinity : f(at(i, j)))));
    return { at, values };
  }

  /** Of each level, its rings: lists of points. f must not be negative; between grid points its logarithm is taken as linear. */
  function contours(f, window, heights, n = 180) {
    const { at, values } = sample(f, window, n), logs = values.map(row => row.map(v => Math.log(v + 1e-12)));
    return heights.map(height => rings(logs, Math.log(height + 1e-12), at, n));
  }

  function rings(v, level, at, n) {
    const along = (a, b) => (Number.isFinite(a) && Number.isFinite(b) ? (level - a) / (b - a) : 0.5);
    const point = edge => { // edge 2(jn + i) runs from grid point (i, j) to the right, the next upwards
      const i = (edge >> 1) % n, j = Math.floor((edge >> 1) / n);
      return edge % 2 ? at(i, j + along(v[j][i], v[j + 1][i])) : at(i + along(v[j][i], v[j][i + 1]), j);
    };
    const next = new Map();
    for (let j = 0; j < n - 1; j++) {
      for (let i = 0; i < n - 1; i++) {
        const below = (v[j][i] < level) + 2 * (v[j][i + 1] < level) + 4 * (v[j + 1][i + 1] < level) + 8 * (v[j + 1][i] < level);
        const edge = [2 * (j * n + i), 2 * (j * n + i + 1) + 1, 2 * ((j + 1) * n + i), 2 * (j * n + i) + 1];
        for (const [from, to] of WAYS[below]) next.set(edge[from], edge[to]);
      }
    }
    const found = [];
    for (const first of next.keys()) {
      const ring = [];
      for (let edge = first; next.has(edge);) {
        ring.push(point(edge));
        const following = next.get(edge);
        next.delete(edge);
        edge = following;
      }
      if (ring.length > 2) found.push(ring);
    }
    return found;
  }

  figures.contours = { levels, contours };
})();
