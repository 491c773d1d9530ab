"""``gradwright mcp``: derive, check, emit and equal as tools of the Model Context Protocol."""
