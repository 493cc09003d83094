"""The addons' READMEs say what their fragments say."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAGMENTS = sorted(ROOT.glob("*/readme/*.rst"))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.stem)
def test_the_readme_holds_every_fragment(fragment):
    readme = fragment.parents[1] / "README.rst"
    assert fragment.read_text() in readme.read_text()
