"""Small documents written for the tests: each true as it stands, and what is planted in the last is listed beside it."""

SOFTMAX = r"""# The softmax and its loss

Let $z \in \mathbb{R}^m$ hold the scores, and let
$$ s_a = \frac{e^{z_a}}{\sum_b e^{z_b}}, \qquad E = - \sum_a t_a \ln s_a . $$

## One entry

If $a = c$,
$$\begin{align}
\frac{\partial s_a}{\partial z_c} &= \frac{e^{z_c} \sum_b e^{z_b} - e^{z_c} e^{z_c}}{\left(\sum_b e^{z_b}\right)^2} \\
 &= s_c (1 - s_c) .
\end{align}$$

If $a \ne c$,
\[ \frac{\partial s_a}{\partial z_c} = - s_a s_c . \]

Therefore
\[ \frac{\partial E}{\partial z_c} = - \sum_a \frac{t_a}{s_a} \frac{\partial s_a}{\partial z_c}
 = - t_c (1 - s_c) + \sum_{a \ne c} t_a s_c = s_c \sum_a t_a - t_c = s_c - t_c , \]
because the target $t$ is one-hot.
"""

LEAST_SQUARES = r"""# Least squares

Let $\mathbf{X} \in \mathbb{R}^{n \times d}$, $\mathbf{w} \in \mathbb{R}^{d}$ and $\mathbf{y} \in \mathbb{R}^{n}$, and define
\begin{equation}
 J = \frac{1}{2} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2 .
\end{equation}
Multiplying out,
\begin{align*}
 J &= \tfrac12 (\mathbf{X}\mathbf{w} - \mathbf{y})^\top (\mathbf{X}\mathbf{w} - \mathbf{y}) \\
   &= \tfrac12 \mathbf{w}^\top \mathbf{X}^\top \mathbf{X} \mathbf{w} - \mathbf{y}^\top \mathbf{X} \mathbf{w} + \tfrac12 \mathbf{y}^\top \mathbf{y} .
\end{align*}
Its gradient is
$$\nabla_{\mathbf{w}} J = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y}) = \mathbf{X}^\top \mathbf{X} \mathbf{w} - \mathbf{X}^\top \mathbf{y} .$$
"""

BACKPROP = r"""\section{Two layers}

Let $\mathbf{x} \in \mathbb{R}^{p}$, $\mathbf{W}^{(1)} \in \mathbb{R}^{q \times p}$ and $\mathbf{W}^{(2)} \in \mathbb{R}^{r \times q}$.
The activation function $\phi$ acts elementwise. We compute
\[ \mathbf{z} = \mathbf{W}^{(1)} \mathbf{x}, \qquad \mathbf{h} = \phi(\mathbf{z}), \qquad \mathbf{o} = \mathbf{W}^{(2)} \mathbf{h} . \]
For a loss $L$ of the output,
\begin{align}
 \frac{\partial L}{\partial \mathbf{W}^{(2)}} &= \frac{\partial L}{\partial \mathbf{o}} \mathbf{h}^\top \\
 \frac{\partial L}{\partial \mathbf{h}} &= {\mathbf{W}^{(2)}}^\top \frac{\partial L}{\partial \mathbf{o}} \\
 \frac{\partial L}{\partial \mathbf{z}} &= \frac{\partial L}{\partial \mathbf{h}} \odot \phi'(\mathbf{z}) \\
 \frac{\partial L}{\partial \mathbf{W}^{(1)}} &= \frac{\partial L}{\partial \mathbf{z}} \mathbf{x}^\top
\end{align}
"""

PLANTED = r"""# A note with slips

Let $\mathbf{A} \in \mathbb{R}^{n \times n}$, $\mathbf{x} \in \mathbb{R}^{n}$ and define $f = \mathbf{x}^\top \mathbf{A} \mathbf{x}$. Then
$$\nabla_{\mathbf{x}} f = 2 \mathbf{A} \mathbf{x} .$$

Define $g = \frac{1}{2} \sum_i x_i^2$ and $h_k = \tanh(x_k)$. Then
$$\frac{\partial g}{\partial x_k} = 2 x_k .$$

$$\frac{\partial h_k}{\partial x_k} = 1 + h_k^2 .$$

$$\frac{\partial \ln \sum_i e^{x_i}}{\partial x_k} = \frac{e^{k}}{\sum_i e^{x_i}} .$$
"""
PLANTED_VERDICTS = ["definition", "needs", "definition", "definition", "refuted", "refuted", "refuted"]
