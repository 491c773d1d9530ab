"""The local web page, `gradwright serve`: a pool of worker processes behind one small JSON interface."""
