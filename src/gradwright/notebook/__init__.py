"""``%load_ext gradwright``: what IPython and Jupyter get beside the rich display of results."""
