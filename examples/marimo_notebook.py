"""The first notebook for marimo: ``marimo edit examples/marimo_notebook.py``, or run it as a script."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    import gradwright as gw

    mo.md(
        r"""
        # Gradients you can check

        Softmax, cross entropy, $p - y$: definitions first, the loss last.
        Change the formula, and what depends on it follows.
        """
    )
    return gw, mo


@app.cell
def _(mo):
    formula = mo.ui.text("p = softmax(o); -sum_i(y[i]*log(p[i]))", label="formula", full_width=True)
    wrt = mo.ui.text("o", label="in")
    fact = mo.ui.text("onehot(y)", label="given")
    mo.vstack([formula, mo.hstack([wrt, fact], justify="start")])
    return fact, formula, wrt


@app.cell
def _(fact, formula, gw, mo, wrt):
    try:
        derivation = gw.derive(formula.value, wrt.value, given=[fact.value] if fact.value else [], syntax="auto")
        shown = derivation
    except gw.Error as error:
        derivation = None
        shown = mo.md(f"```\n{error}\n```")
    shown
    return (derivation,)


@app.cell
def _(mo):
    note = mo.ui.text_area(
        r"""Define $J = \frac{1}{2} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2$. Then
$$ \nabla_{\mathbf{w}} J = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y})
                         = \mathbf{X}^\top \mathbf{X} \mathbf{w} + \mathbf{X}^\top \mathbf{y} . $$""",
        label="a derivation to check (one sign is wrong)",
        full_width=True,
    )
    note
    return (note,)


@app.cell
def _(gw, note):
    report = gw.check(note.value)
    report
    return (report,)


@app.cell
def _(derivation, mo):
    mo.md(f"```python\n{derivation.emit('numpy')}\n```") if derivation is not None else None
    return


if __name__ == "__main__":
    app.run()
