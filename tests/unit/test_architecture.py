"""The rules of DESIGN that a reviewer should not have to remember.

Each rule is applied to every addon, and shown to fail on a snippet that breaks it.
"""

import subprocess
from collections import defaultdict

import pytest

from workshop import addons, architecture
from workshop.paths import ROOT

ADDONS = addons.find()
by_addon = pytest.mark.parametrize("addon", ADDONS, ids=lambda addon: addon.name)

# Which of our own addons each may know. What is not here knows nobody.
KNOWS = {
    "subscription_billing_dunning": {"subscription_billing"},
    "subscription_billing_stripe": {"subscription_billing"},
    "subscription_portal": {"subscription_billing"},
}
# The words by which an addon is known.
NAMES = {
    "subscription_billing_dunning": ("dunning.policy", "dunning.step", "dunning.case"),
}
# Who may end a transaction: the shells of scheduled actions and the payment ledger.
MAY_COMMIT = {
    "subscription_billing/models/batch.py",
    "subscription_billing/models/payment_transaction_sending.py",
    "subscription_billing/models/subscription_renewal.py",
    "subscription_billing/models/subscription_collection.py",
    "subscription_billing/models/subscription_collection_calling_off.py",
    "subscription_billing/models/subscription_collection_resolving.py",
    "subscription_billing/models/subscription_refund_run.py",
    "subscription_billing/models/subscription_increase_run.py",
    "subscription_billing/wizards/subscription_forecast_run.py",
    "subscription_billing_dunning/models/dunning_learning.py",
    "subscription_billing_dunning/models/dunning_run.py",
    "subscription_billing_stripe/models/payment_token.py",
    "subscription_billing/models/subscription_notifier.py",
    "subscription_billing_stripe/models/stripe_event_processing.py",
    "subscription_billing_stripe/models/stripe_import_run.py",
}
FILE_LINES = 400
FUNCTION_LINES = 40
CODE_SUFFIXES = {".py", ".xml", ".csv", ".js", ".scss"}
# Data that grows with what it tells, not with what it does.
NOT_CODE = {"demo", "i18n", "lib"}


def files(addon, suffixes=frozenset({".py"})):
    """Return the addon's files of some kinds, each with its path from the root."""
    return [
        (path.relative_to(ROOT).as_posix(), path)
        for path in sorted(addon.folder.rglob("*"))
        if path.suffix in suffixes
        and not NOT_CODE & set(path.relative_to(addon.folder).parts)
    ]


def offences_in(addon, rule, *, suffixes=frozenset({".py"}), only=lambda name: True):
    """Apply a rule to the addon's files and return its findings, named by file."""
    found = {
        name: rule(path.read_text())
        for name, path in files(addon, suffixes)
        if only(name)
    }
    return {name: offences for name, offences in found.items() if offences}


def is_tool(name):
    return "/tools/" in name


def is_gateway(name):
    return "/gateway/" in name


def is_fitting(name):
    return "/fitting/" in name


# === TOOLS ARE PURE === #


@by_addon
def test_tools_import_no_odoo(addon):
    assert not offences_in(addon, architecture.impure_imports, only=is_tool)


@by_addon
def test_tools_are_typed(addon):
    assert not offences_in(addon, architecture.missing_annotations, only=is_tool)


@pytest.mark.parametrize(
    "source",
    [
        "import odoo",
        "from odoo.tools import float_round",
        "def f():\n    import stripe.error",
        "from ..models import batch",
        "from odoo.addons.subscription_billing.models import batch",
        "from odoo.addons.subscription_billing import tools",
        "from odoo.addons.payment.tools import x",
    ],
)
def test_the_purity_rule_fails_on(source):
    assert architecture.impure_imports(source)


def test_the_purity_rule_allows_the_standard_library_siblings_and_our_tools():
    source = "import calendar\nfrom dateutil import rrule\nfrom .recurrence import x"
    assert not architecture.impure_imports(source)
    source = "from odoo.addons.subscription_billing.tools.outcome import Outcome"
    assert not architecture.impure_imports(source)


@pytest.mark.parametrize(
    "source", ["def f(a) -> int: ...", "def f(a: int): ...", "def f(*a) -> int: ..."]
)
def test_the_typing_rule_fails_on(source):
    assert architecture.missing_annotations(source)


def test_the_typing_rule_allows_self():
    assert not architecture.missing_annotations(
        "class A:\n    def f(self, a: int) -> int: ..."
    )


# === A GATEWAY KNOWS THE OUTSIDE, AND NOTHING OF THE DATABASE === #


def gateway_imports(source):
    return architecture.impure_imports(source, allowed=("requests", "stripe"))


@by_addon
@pytest.mark.parametrize(
    "rule",
    [gateway_imports, architecture.environments, architecture.missing_annotations],
)
def test_a_gateway_has_configuration_in_and_facts_out(addon, rule):
    assert not offences_in(addon, rule, only=is_gateway)


@pytest.mark.parametrize(
    "source",
    [
        "import odoo",
        "from odoo.tools import float_round",
        "from ..models import payment_provider",
        "from odoo.addons.subscription_billing.models import batch",
    ],
)
def test_the_gateway_rule_fails_on_the_import(source):
    assert gateway_imports(source)


@pytest.mark.parametrize(
    "source",
    ["def f(env): ...", "self.env['x']", "with registry.cursor() as cr: ..."],
)
def test_the_gateway_rule_fails_on_the_environment(source):
    assert architecture.environments(source)


def test_the_gateway_rule_allows_the_sdk_and_our_tools():
    assert not gateway_imports(
        "import requests, stripe\nfrom ..tools.declines import classify\n"
        "from .facts import MethodFacts"
    )
    assert not architecture.environments("environment = os.environ")


# === WHAT LEARNS KNOWS ITS LIBRARY, AND NOTHING OF THE DATABASE === #

LEARNING = ("numpy", "scipy", "sklearn")


def fitting_imports(source):
    return architecture.impure_imports(source, allowed=LEARNING)


def learning_imports(source):
    return [line for name in LEARNING for line in architecture.imports_of(source, name)]


@by_addon
@pytest.mark.parametrize(
    "rule",
    [fitting_imports, architecture.environments, architecture.missing_annotations],
)
def test_fitting_has_rows_in_and_coefficients_out(addon, rule):
    assert not offences_in(addon, rule, only=is_fitting)


@by_addon
def test_only_fitting_imports_what_it_learns_with(addon):
    """Scoring needs nothing but the coefficients."""
    assert not offences_in(
        addon, learning_imports, only=lambda name: not is_fitting(name)
    )


@pytest.mark.parametrize(
    "source",
    [
        "import odoo",
        "from odoo import models",
        "from ..models import dunning_case",
        "import pandas",
    ],
)
def test_the_fitting_rule_fails_on_the_import(source):
    assert fitting_imports(source)


@pytest.mark.parametrize(
    "source",
    ["import numpy as np", "def f():\n    from sklearn.linear_model import Ridge"],
)
def test_the_scoring_rule_fails_on(source):
    assert learning_imports(source)


def test_the_fitting_rule_allows_the_library_and_our_tools():
    assert not fitting_imports(
        "import numpy\nfrom sklearn.metrics import roc_auc_score\n"
        "from ..tools.risk import signs\nfrom .logistic import fit\n"
        "from odoo.addons.subscription_billing.tools.outcome import Decline"
    )
    assert not learning_imports("from ..fitting import timing")


# === NOTHING BELOW KNOWS WHAT IS ABOVE === #


def strangers(addon):
    """Return the words for those of our addons that this one may not know."""
    ours = {each.name for each in ADDONS} | set(KNOWS)
    unknown = ours - KNOWS.get(addon.name, set()) - {addon.name}
    return [word for name in sorted(unknown) for word in (name, *NAMES.get(name, ()))]


@by_addon
def test_dependencies_point_downwards(addon):
    assert not set(addon.depends) & set(strangers(addon))


@by_addon
def test_nothing_mentions_what_it_may_not_know(addon):
    def rule(text):
        return architecture.mentions(text, strangers(addon))

    assert not offences_in(addon, rule, suffixes=CODE_SUFFIXES)


@by_addon
def test_only_the_stripe_addon_imports_stripe(addon):
    if addon.name == "subscription_billing_stripe":
        return
    assert not offences_in(addon, lambda text: architecture.imports_of(text, "stripe"))


@pytest.mark.parametrize(
    "text",
    [
        "from odoo.addons.subscription_portal.controllers import portal",
        '<field name="inherit_id" ref="subscription_portal.page" />',
        'env["ir.module"]._get("subscription_portal")',
    ],
)
def test_the_direction_rule_fails_on(text):
    assert architecture.mentions(text, ["subscription_portal"])


def test_the_direction_rule_tells_names_apart_that_begin_alike():
    text = "subscription_billing_stripe.form"
    assert not architecture.mentions(text, ["subscription_billing"])


def test_the_import_rule_fails_on_a_lazy_import():
    assert architecture.imports_of("def f():\n    from stripe import error", "stripe")
    assert not architecture.imports_of("from . import stripe", "stripe")


# === TRANSACTIONS === #


@by_addon
def test_only_those_named_end_a_transaction(addon):
    def is_bound(name):
        return name not in MAY_COMMIT and "/tests/" not in name

    assert not offences_in(addon, architecture.commits, only=is_bound)


@pytest.mark.parametrize(
    "source",
    [
        "self.env.cr.commit()",
        "cr.rollback()",
        "left = self.env['ir.cron']._commit_progress(1)",
    ],
)
def test_the_transaction_rule_fails_on(source):
    assert architecture.commits(source)


# === CONTROLLERS === #


def find_meetings(sources):
    """Return the names of methods that several files define anew.

    :param dict sources: the text of each file, by its name
    """
    places = defaultdict(list)
    for name, text in sources.items():
        for method in architecture.methods_anew(text):
            places[method].append(name)
    return {name: found for name, found in places.items() if len(found) > 1}


def test_controllers_do_not_take_methods_of_others():
    sources = {
        name: path.read_text(encoding="utf-8")
        for addon in ADDONS
        for name, path in files(addon)
        if "/controllers/" in name
    }
    assert sources
    assert not find_meetings(sources)


def test_the_controller_rule_fails_on_a_name_that_two_files_have():
    anew = "class A:\n    def show(self):\n        return 1"
    calls = "class A:\n    def show(self):\n        return super().show()"
    assert find_meetings({"a": anew, "b": anew}) == {"show": ["a", "b"]}
    assert not find_meetings({"a": anew, "b": calls})


# === SIZE === #


@by_addon
def test_files_can_be_held_in_the_head(addon):
    def rule(text):
        return [count] if (count := len(text.splitlines())) > FILE_LINES else []

    assert not offences_in(addon, rule, suffixes={".py", ".js", ".scss"})


@by_addon
def test_functions_are_short(addon):
    def rule(text):
        return architecture.long_functions(text, FUNCTION_LINES)

    assert not offences_in(addon, rule)


def test_the_size_rule_does_not_count_the_docstring():
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    assert architecture.long_functions(source, 2)
    assert not architecture.long_functions(source, 3)


# === EVERY ADDON IS FURNISHED === #


@by_addon
def test_an_addon_is_furnished(addon):
    defines_models = any(
        architecture.defines_model(path.read_text()) for _, path in files(addon)
    )
    needed = ["static/description/icon.png"]
    needed += ["security/ir.model.access.csv"] if defines_models else []
    assert [each for each in needed if not (addon.folder / each).is_file()] == []
    assert list(addon.folder.glob("README.rst")) or list(addon.folder.glob("readme/*"))


@pytest.mark.parametrize(
    ("source", "is_new"),
    [
        ("class A:\n    _name = 'a.b'\n", True),
        ("class A:\n    _name = 'a.b'\n    _inherit = ['mail.thread']\n", True),
        ("class A:\n    _name = 'a.b'\n    _inherit = ['a.b', 'm.x']\n", False),
        ("class A:\n    _inherit = 'a.b'\n", False),
    ],
)
def test_a_model_is_new_where_it_has_a_name_of_its_own(source, is_new):
    assert architecture.defines_model(source) is is_new


@by_addon
def test_the_translation_template_has_the_name_of_its_addon(addon):
    templates = {path.stem for path in addon.folder.glob("i18n/*.pot")}
    translated = list(addon.folder.glob("i18n/*.po"))
    assert templates == {addon.name} or not (templates or translated)


# === NO TRACE OF A MACHINE === #


def tracked_files():
    """Return the text files that git knows."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def test_no_tracked_file_names_a_machine_or_a_package_host():
    traces = {
        path.relative_to(ROOT).as_posix(): found
        for path in tracked_files()
        if (found := architecture.machine_traces(path.read_text(errors="replace")))
    }
    assert not traces


@pytest.mark.parametrize(
    "text",
    [
        f"see https://{architecture.PACKAGE_HOSTS[0]}/debian",
        "open('" + "/".join(["", "work", "main", "run"]) + "')",
        "/".join(["", "home", "somebody", "x"]),
    ],
)
def test_the_trace_rule_fails_on(text):
    assert architecture.machine_traces(text)
