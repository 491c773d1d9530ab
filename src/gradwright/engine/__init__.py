"""The engine: derivatives by rules, simplified by passes, with every step."""
