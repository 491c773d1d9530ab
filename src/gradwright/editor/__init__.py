"""``gradwright lsp``: an editor marks the wrong equals sign while a person writes."""
