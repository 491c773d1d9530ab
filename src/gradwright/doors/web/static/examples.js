// The examples by field. What follows the first two words is JSON: the docs (docs/generate.py) read it, too.
export default [
  {"field": "Losses", "examples": [
    {"name": "Softmax and cross entropy", "f": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "x": "o", "given": ["onehot(y)"], "tex": "-\\sum_i y_i \\log \\operatorname{softmax}(o)_i"},
    {"name": "Least squares", "f": "norm2(A*x - b)^2", "x": "x", "tex": "\\lVert A x - b\\rVert_2^2"},
    {"name": "Logistic regression", "f": "sum(log(1 + exp(-y .* (X*w))))", "x": "w", "tex": "\\textstyle\\sum \\log(1 + e^{-y \\odot X w})"},
    {"name": "Ridge penalty in LaTeX", "f": "\\|X w - y\\|^2 + \\lambda \\|w\\|^2", "x": "w", "tex": "\\lVert X w - y\\rVert^2 + \\lambda \\lVert w\\rVert^2"},
    {"name": "Lasso", "f": "1/2*norm2(A*x - b)^2 + c*norm1(x)", "x": "x", "shape": ["c:"], "tex": "\\tfrac12 \\lVert A x - b\\rVert_2^2 + c \\lVert x\\rVert_1"},
    {"name": "Hinge loss", "f": "sum(max(1 - y .* (X*w), 0))", "x": "w", "tex": "\\textstyle\\sum \\max(1 - y \\odot X w,\\, 0)"},
    {"name": "Mean squared error", "f": "mean((X*w - y) .^ 2)", "x": "w", "tex": "\\operatorname{mean}\\, (X w - y)^{\\odot 2}"},
    {"name": "Poisson regression", "f": "sum(exp(X*w) - y .* (X*w))", "x": "w", "tex": "\\textstyle\\sum (e^{X w} - y \\odot X w)"}
  ]},
  {"field": "Layers", "examples": [
    {"name": "Jacobian of softmax", "f": "softmax(x)", "x": "x", "tex": "\\operatorname{softmax}(x)"},
    {"name": "A two-layer network", "f": "h = tanh(W*x); 1/2*norm2(V*h - t)^2", "x": "W", "shape": ["t: k"], "tex": "\\tfrac12 \\lVert V \\tanh(W x) - t\\rVert_2^2"},
    {"name": "Linear layer with a bias", "f": "sum(g .* relu(W*x + b))", "x": "W", "tex": "\\textstyle\\sum g \\odot \\operatorname{relu}(W x + b)"},
    {"name": "A gate", "f": "sum(sigmoid(W*x) .* tanh(U*x))", "x": "x", "tex": "\\textstyle\\sum \\sigma(W x) \\odot \\tanh(U x)"},
    {"name": "Normalisation", "f": "x/norm2(x)", "x": "x", "tex": "\\dfrac{x}{\\lVert x\\rVert_2}"},
    {"name": "Softmax over rows", "f": "sum(G .* softmax_rows(X))", "x": "X", "tex": "\\textstyle\\sum G \\odot \\operatorname{softmax}_{\\text{rows}}(X)"}
  ]},
  {"field": "Statistics", "examples": [
    {"name": "Log-determinant of a covariance", "f": "logdet(S)", "x": "S", "given": ["posdef(S)"], "ind": "1", "tex": "\\log\\det S, \\quad S \\succ 0"},
    {"name": "Gaussian likelihood", "f": "1/2*(x - mu)'*inv(S)*(x - mu) + 1/2*logdet(S)", "x": "S", "given": ["posdef(S)"], "shape": ["mu: n"], "tex": "\\tfrac12 (x-\\mu)^\\top S^{-1} (x-\\mu) + \\tfrac12 \\log\\det S"},
    {"name": "The mean of a Gaussian", "f": "1/2*(x - mu)'*inv(S)*(x - mu)", "x": "mu", "given": ["posdef(S)"], "shape": ["mu: n"], "tex": "\\tfrac12 (x-\\mu)^\\top S^{-1} (x-\\mu)"},
    {"name": "Entropy", "f": "-sum(p .* log(p))", "x": "p", "tex": "-\\textstyle\\sum_i p_i \\log p_i"},
    {"name": "Kullback-Leibler divergence", "f": "sum(p .* log(p ./ q))", "x": "q", "given": ["simplex(p)"], "tex": "\\textstyle\\sum_i p_i \\log (p_i/q_i)"},
    {"name": "Variance", "f": "var(x)", "x": "x", "tex": "\\operatorname{var}(x)"}
  ]},
  {"field": "Control and estimation", "examples": [
    {"name": "Quadratic cost of a step", "f": "(A*x + B*u)'*Q*(A*x + B*u) + u'*R*u", "x": "u", "given": ["symmetric(Q)", "symmetric(R)"], "tex": "(A x + B u)^\\top Q (A x + B u) + u^\\top R u"},
    {"name": "Weighted least squares", "f": "(A*x - b)'*W*(A*x - b)", "x": "x", "given": ["symmetric(W)"], "tex": "(A x - b)^\\top W (A x - b)"},
    {"name": "Rayleigh quotient", "f": "\\frac{x^\\top A x}{x^\\top x}", "x": "x", "given": ["symmetric(A)"], "tex": "\\frac{x^\\top A x}{x^\\top x}"},
    {"name": "Information of a design", "f": "logdet(X'*diag(w)*X)", "x": "w", "tex": "\\log\\det(X^\\top \\operatorname{diag}(w) X)"}
  ]},
  {"field": "Matrix identities", "examples": [
    {"name": "Trace of a product", "f": "tr(A*X*B*X')", "x": "X", "tex": "\\operatorname{tr}(A X B X^\\top)"},
    {"name": "Inverse", "f": "tr(A*inv(X))", "x": "X", "tex": "\\operatorname{tr}(A X^{-1})"},
    {"name": "Determinant", "f": "det(X)", "x": "X", "tex": "\\det X"},
    {"name": "Matrix factorisation", "f": "norm2(X - U*V')^2", "x": "U", "tex": "\\lVert X - U V^\\top\\rVert_F^2"},
    {"name": "Bilinear form", "f": "a'*X*b", "x": "X", "tex": "a^\\top X b"}
  ]},
  {"field": "Hessians", "examples": [
    {"name": "Hessian of log-sum-exp", "f": "logsumexp(x)", "x": "x", "order": "2", "tex": "\\log \\textstyle\\sum_i e^{x_i}"},
    {"name": "Hessian of logistic regression", "f": "sum(softplus(X*w))", "x": "w", "order": "2", "tex": "\\textstyle\\sum \\log(1 + e^{X w})"},
    {"name": "Hessian of a quadratic form", "f": "1/2*x'*A*x - b'*x", "x": "x", "order": "2", "given": ["symmetric(A)"], "tex": "\\tfrac12 x^\\top A x - b^\\top x"},
    {"name": "Hessian of a norm", "f": "norm2(x)", "x": "x", "order": "2", "tex": "\\lVert x\\rVert_2"}
  ]}
];
