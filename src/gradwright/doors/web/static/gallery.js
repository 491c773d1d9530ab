// The examples. Each is a state of the page, so a click is a link.

import { byId, make } from "./tools.js";
import { written, read } from "./state.js";

const examples = [
  ["Softmax and cross entropy", "p = softmax(o); -sum_i(y[i]*log(p[i]))", "o", ["onehot(y)"], {}, String.raw`-\sum_i y_i \log \operatorname{softmax}(o)_i`],
  ["Least squares", "norm2(A*x - b)^2", "x", [], {}, String.raw`\lVert A x - b\rVert_2^2`],
  ["Logistic regression", "sum(log(1 + exp(-y .* (X*w))))", "w", [], {}, String.raw`\textstyle\sum \log(1 + e^{-y \odot X w})`],
  ["Log-determinant of a covariance", "logdet(S)", "S", ["posdef(S)"], { ind: "1" }, String.raw`\log\det S, \quad S \succ 0`],
  ["Gaussian likelihood", "1/2*(x - mu)'*inv(S)*(x - mu) + 1/2*logdet(S)", "S", ["posdef(S)"], { shape: ["mu: n"] }, String.raw`\tfrac12 (x-\mu)^\top S^{-1} (x-\mu) + \tfrac12 \log\det S`],
  ["Rayleigh quotient", String.raw`\frac{x^\top A x}{x^\top x}`, "x", ["symmetric(A)"], {}, String.raw`\frac{x^\top A x}{x^\top x}`],
  ["Jacobian of softmax", "softmax(x)", "x", [], {}, String.raw`\operatorname{softmax}(x)`],
  ["A two-layer network", "h = tanh(W*x); 1/2*norm2(V*h - t)^2", "W", [], { shape: ["t: k"] }, String.raw`\tfrac12 \lVert V \tanh(W x) - t\rVert_2^2`],
  ["Hessian of log-sum-exp", "logsumexp(x)", "x", [], { order: "2" }, String.raw`\log \sum_i e^{x_i}`],
  ["Matrix factorisation", "norm2(X - U*V')^2", "U", [], {}, String.raw`\lVert X - U V^\top\rVert_F^2`],
  ["Ridge penalty in LaTeX", String.raw`\|X w - y\|^2 + \lambda \|w\|^2`, "w", [], {}, String.raw`\lVert X w - y\rVert^2 + \lambda \lVert w\rVert^2`],
  ["Trace of a product", "tr(A*X*B*X')", "X", [], {}, String.raw`\operatorname{tr}(A X B X^\top)`],
];

export function show() {
  const list = byId("gallery");
  if (list.childElementCount) return;
  for (const [name, f, x, given, rest, tex] of examples) {
    const state = { ...read("#"), f, x, given, ...rest };
    list.append(make("li", {}, make("a", { href: written(state) },
      make("span", { class: "name" }, name), make("span", { class: "tex", tex }))));
  }
}

export const founding = { f: examples[0][1], x: examples[0][2], given: examples[0][3] };
