"""The core language: indices, interned scalar nodes, constructors, traversal, context."""
