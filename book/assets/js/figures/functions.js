/* Functions of two variables that optimizers race on, with their gradients: the twins of pydl.landscape.functions.
   Each: f (its lowest value is 0) and its gradient at [x, y], where it is lowest, and the window and the start that show it. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});
  const { cos, exp, sin, SQRT1_2 } = Math;
  const RAVINE = 50; // the condition number

  figures.functions = {
    beale: {
      label: "Beale", note: "A narrow, curved valley in flat plains, between steep walls.", // Beale (1958)
      f: ([x, y]) => (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2,
      grad([x, y]) {
        const a = 1.5 - x + x * y, b = 2.25 - x + x * y ** 2, c = 2.625 - x + x * y ** 3;
        return [2 * (a * (y - 1) + b * (y ** 2 - 1) + c * (y ** 3 - 1)), 2 * x * (a + 2 * y * b + 3 * y ** 2 * c)];
      },
      minima: [[3, 0.5]], window: { x: [-1, 5], y: [-3, 3] }, start: [1, 1.5],
    },
    rosenbrock: {
      label: "Rosenbrock", note: "A curved valley, steep across and flat along.", // Rosenbrock (1960)
      f: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      grad: ([x, y]) => [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)],
      minima: [[1, 1]], window: { x: [-2, 2], y: [-1, 3] }, start: [-1.2, 1],
    },
    himmelblau: {
      label: "Himmelblau", note: "Four equal minima: the start decides which.", // Himmelblau (1972)
      f: ([x, y]) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
      grad([x, y]) {
        const a = x * x + y - 11, b = x + y * y - 7;
        return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
      },
      minima: [[3, 2], [-2.805118086952745, 3.131312518250573], [-3.779310253377747, -3.283185991286170], [3.584428340330492, -1.848126526964404]],
      window: { x: [-6, 6], y: [-6, 6] }, start: [-0.5, -1],
    },
    saddle: {
      label: "Saddle", note: "Between two minima lies a saddle; its ridge is close to the start.",
      f: ([x, y]) => x * x / 2 + (y * y - 1) ** 2 / 4,
      grad: ([x, y]) => [x, y * (y * y - 1)],
      minima: [[0, 1], [0, -1]], window: { x: [-2, 2], y: [-2, 2] }, start: [-1.6, 0.01],
    },
    ravine: {
      label: "Ravine", note: "Fifty times as steep across as along: a quadratic along the axes.", // a quadratic of condition number 50
      f: ([x, y]) => (x * x + RAVINE * y * y) / 2,
      grad: ([x, y]) => [x, RAVINE * y],
      minima: [[0, 0]], window: { x: [-4, 4], y: [-4, 4] }, start: [-3.5, 1],
    },
    turned_ravine: {
      label: "Ravine, turned", note: "The same ravine, turned by 45°: step sizes for each coordinate no longer help.",
      f([x, y]) {
        const u = (x + y) * SQRT1_2, v = (y - x) * SQRT1_2;
        return (u * u + RAVINE * v * v) / 2;
      },
      grad([x, y]) {
        const u = (x + y) * SQRT1_2, v = (y - x) * SQRT1_2;
        return [(u - RAVINE * v) * SQRT1_2, (u + RAVINE * v) * SQRT1_2];
      },
      minima: [[0, 0]], window: { x: [-4, 4], y: [-4, 4] }, start: [-3.2, -1.8],
    },
    plateau: {
      label: "Hollow in a plateau", note: "Far from the hollow, the gradient says nearly nothing.",
      f: ([x, y]) => 1 - exp(-x * x / 4 - y * y / 2),
      grad([x, y]) {
        const e = exp(-x * x / 4 - y * y / 2);
        return [x / 2 * e, y * e];
      },
      minima: [[0, 0]], window: { x: [-4, 4], y: [-4, 4] }, start: [-3, 2],
    },
    waves: {
      label: "Bowl with waves", note: "Many local minima on the way to the lowest.", // after Rastrigin (1974), with lower waves
      f: ([x, y]) => (x * x + y * y) / 8 + (2 - cos(3 * x) - cos(3 * y)) / 4,
      grad: ([x, y]) => [x / 4 + 0.75 * sin(3 * x), y / 4 + 0.75 * sin(3 * y)],
      minima: [[0, 0]], window: { x: [-4, 4], y: [-4, 4] }, start: [-3.4, 2.9],
    },
  };
})();
