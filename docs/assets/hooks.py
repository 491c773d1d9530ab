"""What MkDocs does not do by itself. Owns: bringing the page's own KaTeX along, so that the site needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_STATIC = Path(__file__).parents[2] / "src" / "gradwright" / "doors" / "web" / "static"


def on_files(files: Files, config: Any) -> Files:
    """KaTeX and its fonts, from the files that ``gradwright serve`` serves."""
    for path in sorted((_STATIC / "katex").rglob("*")):
        if path.suffix in (".js", ".css", ".woff2"):
            files.append(File.generated(config, path.relative_to(_STATIC).as_posix(), abs_src_path=str(path)))
    return files
