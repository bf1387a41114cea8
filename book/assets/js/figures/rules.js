/* The first-order update rules, one formula each, with PyTorch's names, defaults and order of operations:
   rules.adam({ lr: 0.1 }) is an object whose step(theta, grad) returns the next θ and keeps its own state.
   tests/test_figures.py compares every rule with pydl.optim. */
(() => {
  "use strict";
  const figures = (globalThis.pydlFigures ??= {});

  /** All of these rules treat every coordinate alike and alone: `update(theta, g, s, t)` returns the new coordinate and keeps
      what it remembers in `s`, which begins as a copy of `zero`; t = 1, 2, … counts the steps. */
  const rule = (zero, update) => {
    const made = {
      t: 0,
      state: [], // of each coordinate
      step(theta, grad) {
        made.t++;
        return theta.map((x, i) => update(x, grad[i], (made.state[i] ??= { ...zero }), made.t));
      },
    };
    return made;
  };
  const { sqrt } = Math;

  const rules = {
    sgd: ({ lr = 1e-3 } = {}) => rule({}, (theta, g) => theta - lr * g),

    momentum: ({ lr = 1e-3, momentum = 0.9, nesterov = false } = {}) => rule({ v: 0 }, (theta, g, s) => {
      s.v = momentum * s.v + g;
      return theta - lr * (nesterov ? g + momentum * s.v : s.v);
    }),

    nesterov: options => rules.momentum({ ...options, nesterov: true }),

    adagrad: ({ lr = 0.01, eps = 1e-10 } = {}) => rule({ r: 0 }, (theta, g, s) => {
      s.r += g * g;
      return theta - (lr * g) / (sqrt(s.r) + eps);
    }),

    rmsprop: ({ lr = 0.01, alpha = 0.99, eps = 1e-8 } = {}) => rule({ r: 0 }, (theta, g, s) => {
      s.r = alpha * s.r + (1 - alpha) * g * g;
      return theta - (lr * g) / (sqrt(s.r) + eps);
    }),

    adadelta: ({ lr = 1, rho = 0.9, eps = 1e-6 } = {}) => rule({ r: 0, u: 0 }, (theta, g, s) => {
      s.r = rho * s.r + (1 - rho) * g * g;
      const delta = (sqrt(s.u + eps) / sqrt(s.r + eps)) * g;
      s.u = rho * s.u + (1 - rho) * delta * delta;
      return theta - lr * delta;
    }),

    adam: ({ lr = 1e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, amsgrad = false } = {}) =>
      rule({ m: 0, v: 0, most: 0 }, (theta, g, s, t) => {
        s.m = beta1 * s.m + (1 - beta1) * g;
        s.v = beta2 * s.v + (1 - beta2) * g * g;
        s.most = amsgrad ? Math.max(s.most, s.v) : s.v;
        const m = s.m / (1 - beta1 ** t), v = s.most / (1 - beta2 ** t);
        return theta - (lr * m) / (sqrt(v) + eps);
      }),

    amsgrad: options => rules.adam({ ...options, amsgrad: true }),

    nadam: ({ lr = 2e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, momentum_decay = 4e-3 } = {}) => {
      const mu = t => beta1 * (1 - 0.96 ** (t * momentum_decay) / 2);
      return rule({ m: 0, v: 0, product: 1 }, (theta, g, s, t) => {
        s.product *= mu(t);
        s.m = beta1 * s.m + (1 - beta1) * g;
        s.v = beta2 * s.v + (1 - beta2) * g * g;
        const m = (mu(t + 1) * s.m) / (1 - s.product * mu(t + 1)) + ((1 - mu(t)) * g) / (1 - s.product);
        return theta - (lr * m) / (sqrt(s.v / (1 - beta2 ** t)) + eps);
      });
    },
  };

  figures.rules = rules;
})();
