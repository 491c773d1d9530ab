// The examples by field, and the formulas that were derived here before. Each is a state of the page, so a click is a link.

import { byId, make } from "./tools.js";
import { earlier, forget, read, written } from "./state.js";
import { fit, keepFitting } from "./fit.js";

const tex = String.raw;
const fields = {
  "Losses": [
    ["Softmax and cross entropy", "p = softmax(o); -sum_i(y[i]*log(p[i]))", "o", { given: ["onehot(y)"] }, tex`-\sum_i y_i \log \operatorname{softmax}(o)_i`],
    ["Least squares", "norm2(A*x - b)^2", "x", {}, tex`\lVert A x - b\rVert_2^2`],
    ["Logistic regression", "sum(log(1 + exp(-y .* (X*w))))", "w", {}, tex`\textstyle\sum \log(1 + e^{-y \odot X w})`],
    ["Ridge penalty in LaTeX", tex`\|X w - y\|^2 + \lambda \|w\|^2`, "w", {}, tex`\lVert X w - y\rVert^2 + \lambda \lVert w\rVert^2`],
    ["Lasso", "1/2*norm2(A*x - b)^2 + c*norm1(x)", "x", { shape: ["c:"] }, tex`\tfrac12 \lVert A x - b\rVert_2^2 + c \lVert x\rVert_1`],
    ["Hinge loss", "sum(max(1 - y .* (X*w), 0))", "w", {}, tex`\textstyle\sum \max(1 - y \odot X w,\, 0)`],
    ["Mean squared error", "mean((X*w - y) .^ 2)", "w", {}, tex`\operatorname{mean}\, (X w - y)^{\odot 2}`],
    ["Poisson regression", "sum(exp(X*w) - y .* (X*w))", "w", {}, tex`\textstyle\sum (e^{X w} - y \odot X w)`],
  ],
  "Layers": [
    ["Jacobian of softmax", "softmax(x)", "x", {}, tex`\operatorname{softmax}(x)`],
    ["A two-layer network", "h = tanh(W*x); 1/2*norm2(V*h - t)^2", "W", { shape: ["t: k"] }, tex`\tfrac12 \lVert V \tanh(W x) - t\rVert_2^2`],
    ["Linear layer with a bias", "sum(g .* relu(W*x + b))", "W", {}, tex`\textstyle\sum g \odot \operatorname{relu}(W x + b)`],
    ["A gate", "sum(sigmoid(W*x) .* tanh(U*x))", "x", {}, tex`\textstyle\sum \sigma(W x) \odot \tanh(U x)`],
    ["Normalisation", "x/norm2(x)", "x", {}, tex`\dfrac{x}{\lVert x\rVert_2}`],
    ["Softmax over rows", "sum(G .* softmax_rows(X))", "X", {}, tex`\textstyle\sum G \odot \operatorname{softmax}_{\text{rows}}(X)`],
  ],
  "Statistics": [
    ["Log-determinant of a covariance", "logdet(S)", "S", { given: ["posdef(S)"], ind: "1" }, tex`\log\det S, \quad S \succ 0`],
    ["Gaussian likelihood", "1/2*(x - mu)'*inv(S)*(x - mu) + 1/2*logdet(S)", "S", { given: ["posdef(S)"], shape: ["mu: n"] }, tex`\tfrac12 (x-\mu)^\top S^{-1} (x-\mu) + \tfrac12 \log\det S`],
    ["The mean of a Gaussian", "1/2*(x - mu)'*inv(S)*(x - mu)", "mu", { given: ["posdef(S)"], shape: ["mu: n"] }, tex`\tfrac12 (x-\mu)^\top S^{-1} (x-\mu)`],
    ["Entropy", "-sum(p .* log(p))", "p", {}, tex`-\textstyle\sum_i p_i \log p_i`],
    ["Kullback-Leibler divergence", "sum(p .* log(p ./ q))", "q", { given: ["simplex(p)"] }, tex`\textstyle\sum_i p_i \log (p_i/q_i)`],
    ["Variance", "var(x)", "x", {}, tex`\operatorname{var}(x)`],
  ],
  "Control and estimation": [
    ["Quadratic cost of a step", "(A*x + B*u)'*Q*(A*x + B*u) + u'*R*u", "u", { given: ["symmetric(Q)", "symmetric(R)"] }, tex`(A x + B u)^\top Q (A x + B u) + u^\top R u`],
    ["Weighted least squares", "(A*x - b)'*W*(A*x - b)", "x", { given: ["symmetric(W)"] }, tex`(A x - b)^\top W (A x - b)`],
    ["Rayleigh quotient", tex`\frac{x^\top A x}{x^\top x}`, "x", { given: ["symmetric(A)"] }, tex`\frac{x^\top A x}{x^\top x}`],
    ["Information of a design", "logdet(X'*diag(w)*X)", "w", {}, tex`\log\det(X^\top \operatorname{diag}(w) X)`],
  ],
  "Matrix identities": [
    ["Trace of a product", "tr(A*X*B*X')", "X", {}, tex`\operatorname{tr}(A X B X^\top)`],
    ["Inverse", "tr(A*inv(X))", "X", {}, tex`\operatorname{tr}(A X^{-1})`],
    ["Determinant", "det(X)", "X", {}, tex`\det X`],
    ["Matrix factorisation", "norm2(X - U*V')^2", "U", {}, tex`\lVert X - U V^\top\rVert_F^2`],
    ["Bilinear form", "a'*X*b", "X", {}, tex`a^\top X b`],
  ],
  "Hessians": [
    ["Log-sum-exp", "logsumexp(x)", "x", { order: "2" }, tex`\log \textstyle\sum_i e^{x_i}`],
    ["Logistic regression", "sum(softplus(X*w))", "w", { order: "2" }, tex`\textstyle\sum \log(1 + e^{X w})`],
    ["Quadratic form", "1/2*x'*A*x - b'*x", "x", { order: "2", given: ["symmetric(A)"] }, tex`\tfrac12 x^\top A x - b^\top x`],
    ["A norm", "norm2(x)", "x", { order: "2" }, tex`\lVert x\rVert_2`],
  ],
};

const usual = { view: "derive", given: [], shape: [] };
const example = ([, f, x, rest]) => ({ ...read("#"), ...usual, f, x, ...rest });

export function show() {
  const list = byId("gallery");
  if (!list.childElementCount) {
    for (const [field, examples] of Object.entries(fields)) {
      list.append(make("h3", {}, field), make("ol", { class: "gallery" }, ...examples.map((one) => link(example(one), make("span", { class: "name" }, one[0]), make("span", { class: "tex fits", tex: one[4] })))));
    }
    keepFitting(list);
  }
  fit(list);
  yours();
}

function link(state, ...children) {
  return make("li", {}, make("a", { href: written(state) }, ...children));
}

/** What was derived on this machine, the latest first: nothing of it leaves the browser. */
function yours() {
  const home = byId("yours"), past = earlier();
  home.hidden = !past.length;
  byId("past").replaceChildren(...past.map((address) => {
    const state = read(address);
    return link(state, make("code", {}, state.f), make("span", { class: "hint" }, `in ${state.x || "its symbol"}${state.given.length ? `, ${state.given.join(", ")}` : ""}`));
  }));
}

byId("forget").addEventListener("click", () => { forget(); yours(); });

export const founding = example(fields.Losses[0]);
