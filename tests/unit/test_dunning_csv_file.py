"""Tables that leave the house."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.csv_file import as_text, write_csv


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\n@x", "＝1", "\r\n=2"]
)
def test_what_looks_like_a_formula_is_text(cell):
    assert as_text(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Ada", "a=b", "", "INV/2026/00001", "5-3"])
def test_other_text_stays_as_it_is(cell):
    assert as_text(cell) == cell


def test_amounts_and_days_are_plain():
    assert as_text(Decimal("-5.00")) == "-5.00"
    assert as_text(Decimal("1E+3")) == "1000"
    assert as_text(date(2026, 3, 1)) == "2026-03-01"
    assert as_text(None) == ""


def test_a_table_has_its_header_and_the_mark_of_utf_8():
    content = write_csv(["Name", "Amount"], [['Åse; "x"', Decimal("1.50")]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == 'Name,Amount\r\n"Åse; ""x""",1.50\r\n'


@given(st.lists(st.lists(st.text(), min_size=1, max_size=3), max_size=5))
def test_no_row_is_lost_and_no_cell_begins_a_formula(rows):
    content = write_csv(["A"], rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(content, newline="")))
    assert len(read) == len(rows) + 1
    for row in read:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
