# SPDX-License-Identifier: GPL-3.0-or-later
"""What npm builds: the desk's telephone, and the page of the tests' browsers. Third-party code comes from the registry, into .cache, and stays there."""

import hashlib
import shutil
from pathlib import Path

from .say import output, step, turn

ROOT = Path(__file__).resolve().parents[2]
PHONEBAR = ROOT / "roles/desk/phonebar"
BUNDLE = ROOT / "roles/desk/files/phonebar"     # where the role, and the collection's tarball, have it; never committed


def built(source: Path, cache: Path) -> Path:
    """A copy of a project with its dependencies, in which "npm run build" was run: anew when its sources have changed."""
    done = cache / "made-of"
    with turn():
        sources = sorted(path for path in source.rglob("*") if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(source).parts))
        wanted = hashlib.sha256(b"\0".join(part for path in sources for part in (str(path.relative_to(source)).encode(), path.read_bytes()))).hexdigest()
        if not done.exists() or done.read_text() != wanted:
            shutil.rmtree(cache, ignore_errors=True)
            for path in sources:
                (cache / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, cache / path.relative_to(source))
            with step(f"building {source.name} with npm"):
                output("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=cache)
                output("npm", "run", "--silent", "build", cwd=cache)
            done.write_text(wanted)
    return cache


def phonebar() -> None:
    """Put the desk's telephone where the role takes it from."""
    made = built(PHONEBAR, ROOT / ".cache/phonebar") / "dist"
    BUNDLE.mkdir(exist_ok=True)
    for name in ("phonebar.js", "phonebar.css"):
        if not (BUNDLE / name).exists() or (BUNDLE / name).read_bytes() != (made / name).read_bytes():
            shutil.copyfile(made / name, BUNDLE / name)
