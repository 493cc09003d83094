"""What APT says is read rightly."""

import pytest

from workshop import apt

URIS = """\
'http://mirror.example/debian-security/dists/trixie-security/InRelease' a 0
'http://mirror.example/debian/dists/trixie-updates/InRelease' b 0
'http://mirror.example/debian/dists/trixie/InRelease' c 0
'http://mirror.example/debian/dists/trixie/main/binary-amd64/Packages.xz' d 0
"""
PLAN = """\
Reading package lists...
Inst libnspr4 (2:4.35-1 Debian:12.13/oldstable [amd64])
Inst libnss3 [2:3.87-1] (2:3.88-1 Debian:12.13/oldstable [amd64]) []
Conf libnspr4 (2:4.35-1 Debian:12.13/oldstable [amd64])
"""


def test_the_mirror_is_that_of_the_archive_itself():
    assert apt.mirror_in(URIS) == "http://mirror.example/debian"


@pytest.mark.parametrize(
    "uris", ["", "'http://x.example/ubuntu/dists/noble/InRelease' a"]
)
def test_a_machine_without_debian_has_no_mirror(uris):
    assert apt.mirror_in(uris) is None


def test_the_plan_names_what_would_be_installed():
    assert apt.planned(PLAN) == ["libnspr4=2:4.35-1", "libnss3=2:3.88-1"]
