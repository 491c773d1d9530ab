"""Where people come in: command line, page, editor, agents, notebook."""
