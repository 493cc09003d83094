from datetime import timezone

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.subscription_billing.tools.clock import day_bounds

MONTHS = 12
#: the days for which the next steps are told
DAYS = 7
#: the activities that are today's calls
CALLS = (
    ("res_model", "=", "dunning.case"),
    ("activity_type_id.category", "=", "phonecall"),
    ("date_deadline", "<=", "today"),
)


class DunningOverview(models.AbstractModel):
    """How dunning stands today, on one page: what each figure is, and what it opens.

    All is of the company that the person works in, in its currency, and of what the
    person may see.
    """

    _name = "dunning.overview"
    _description = "Dunning Overview"

    # === BUSINESS METHODS === #

    @api.model
    @api.readonly
    def get_figures(self):
        """Return what the page shows, with as many queries for many cases as for few.

        :return: ``company``, ``blocks`` of a title and its figures, each with a label,
            a text and the action it opens, and ``rates``: the part that was recovered
            in each of the last twelve months, in percent, None where nothing was
            decided
        """
        self.env["dunning.case"].check_access("read")
        months = self._read_months()
        return {
            "company": self.env.company.name,
            "blocks": [
                self._get_owed(),
                self._get_month(months),
                self._get_cases(),
                self._get_work(),
                self._get_coming(),
            ],
            "rates": self._get_rates(months),
        }

    # === BUSINESS METHODS: BLOCKS === #

    @api.model
    def _get_owed(self):
        """Return what is owed, by how long it is overdue."""
        rows = self.env["dunning.ageing.report"]._read_group(
            self._get_domain(),
            ["age"],
            ["amount_company:sum", "__count"],
        )
        found = {age: (amount, count) for age, amount, count in rows}
        ages = self.env["dunning.ageing.report"]._fields["age"]
        labels = dict(ages._description_selection(self.env))
        figures = [
            self._get_figure(
                labels[age],
                self._format(found.get(age, (0, 0))[0]),
                "dunning.ageing.report",
                [("age", "=", age)],
                note=self.env._("Invoices: %(count)s", count=found.get(age, (0, 0))[1]),
            )
            for age in labels
        ]
        return {"title": self.env._("Owed Now"), "figures": figures}

    @api.model
    def _get_month(self, months):
        """Return what was recovered and lost this month, and in the last one."""
        today = self._get_today()
        first = today.replace(day=1)
        before = first - relativedelta(months=1)
        figures = []
        for kind, label in (
            ("recovered", self.env._("Recovered This Month")),
            ("lost", self.env._("Lost This Month")),
        ):
            note = self.env._(
                "%(amount)s last month",
                amount=self._format(months.get((before, kind), 0)),
            )
            figures.append(
                self._get_figure(
                    label,
                    self._format(months.get((first, kind), 0)),
                    "dunning.recovery.report",
                    [("kind", "=", kind), *self._get_month_domain(first)],
                    note=note,
                )
            )
        return {"title": self.env._("Money"), "figures": figures}

    @api.model
    def _get_cases(self):
        """Return how many cases there are, and subscriptions that are not paid."""
        Case = self.env["dunning.case"]
        counts = dict(Case._read_group(self._get_domain(), ["state"], ["__count"]))
        held = Case.search_count([*self._get_domain(), ("is_held", "=", True)])
        states = dict(Case._fields["state"]._description_selection(self.env))
        figures = [
            self._get_figure(
                states[state],
                str(counts.get(state, 0)),
                "dunning.case",
                [("state", "=", state)],
            )
            for state in ("upcoming", "open")
        ]
        figures.append(
            self._get_figure(
                self.env._("On Hold"),
                str(held),
                "dunning.case",
                [("is_held", "=", True)],
            )
        )
        return {"title": self.env._("Cases"), "figures": figures}

    @api.model
    def _get_work(self):
        """Return what people have to do."""
        calls = list(CALLS)
        failed = [("error", "!=", False), ("state", "!=", "closed")]
        letters = [("is_to_print", "=", True)]
        ours = self._get_domain()
        cases, actions = self.env["dunning.case"], self.env["dunning.action"]
        due = self.env["mail.activity"].search(calls).dunning_case_id
        mine = due.filtered_domain(ours)
        views = {
            kind: self.env.ref(
                f"subscription_billing_dunning.mail_activity_view_{kind}_calls"
            ).id
            for kind in ("list", "kanban")
        }
        figures = [
            self._get_figure(
                self.env._("Today's Calls"),
                str(len(mine)),
                "mail.activity",
                [*calls, ("res_id", "in", mine.ids)],
                views=[(views["list"], "list"), (views["kanban"], "kanban")],
                is_of_company=False,
            ),
            self._get_figure(
                self.env._("Steps That Failed"),
                str(cases.search_count([*ours, *failed])),
                "dunning.case",
                failed,
            ),
            self._get_figure(
                self.env._("Letters to Print"),
                str(actions.search_count([*ours, *letters])),
                "dunning.action",
                letters,
                views=[(False, "list")],
            ),
        ]
        return {"title": self.env._("To Do"), "figures": figures}

    @api.model
    def _get_coming(self):
        """Return how many cases are looked at on each of the next days."""
        now = fields.Datetime.now()
        coming = [
            ("state", "!=", "closed"),
            ("error", "=", False),
            ("date_next", ">", now),
            ("date_next", "<", now + relativedelta(days=DAYS)),
        ]
        tz = self.env.company.subscription_tz or "UTC"
        rows = (
            self.env["dunning.case"]
            .with_context(tz=tz)
            ._read_group([*self._get_domain(), *coming], ["date_next:day"], ["__count"])
        )
        figures = [
            self._get_figure(
                format_date(self.env, day, date_format="EEE d MMM"),
                str(count),
                "dunning.case",
                [*coming, *self._get_day_domain(day.date(), tz)],
            )
            for day, count in rows
        ]
        return {"title": self.env._("Next Looks at Cases"), "figures": figures}

    @api.model
    def _get_rates(self, months):
        """Return the part that was recovered in each of the last months."""
        first = self._get_today().replace(day=1)
        rates = []
        for number in reversed(range(MONTHS)):
            month = first - relativedelta(months=number)
            recovered = months.get((month, "recovered"), 0)
            decided = recovered + months.get((month, "lost"), 0)
            rates.append(
                {
                    "label": format_date(self.env, month, date_format="MMM yy"),
                    "rate": round(100 * recovered / decided, 1) if decided else None,
                    "action": self._get_action(
                        self.env._("Recovered and Lost"),
                        "dunning.recovery.report",
                        [("kind", "!=", "credited"), *self._get_month_domain(month)],
                    ),
                }
            )
        return rates

    # === BUSINESS METHODS: PARTS === #

    @api.model
    def _read_months(self):
        """Return what was recovered and lost in each of the last months.

        :rtype: dict[tuple[datetime.date, str], float], by the first day and the kind
        """
        first = self._get_today().replace(day=1) - relativedelta(months=MONTHS - 1)
        rows = self.env["dunning.recovery.report"]._read_group(
            [*self._get_domain(), ("date", ">=", first)],
            ["date:month", "kind"],
            ["amount_recovered_company:sum", "amount_lost_company:sum"],
        )
        return {
            (month, kind): recovered + lost for month, kind, recovered, lost in rows
        }

    @api.model
    def _get_today(self):
        return self.env.company._get_subscription_today()

    @api.model
    def _get_domain(self):
        return [("company_id", "=", self.env.company.id)]

    @api.model
    def _get_month_domain(self, first):
        """Return the domain of the month that begins with a day."""
        following = first + relativedelta(months=1)
        return [("date", ">=", str(first)), ("date", "<", str(following))]

    @api.model
    def _get_day_domain(self, day, tz):
        """Return the domain of a day in a time zone."""
        start, end = (
            moment.astimezone(timezone.utc).replace(tzinfo=None)
            for moment in day_bounds(day, tz)
        )
        return [("date_next", ">=", start), ("date_next", "<", end)]

    @api.model
    def _format(self, amount):
        """Return an amount in the currency of the company, without cents."""
        currency = self.env.company.currency_id
        return currency.format(round(amount)).removesuffix(".00")

    @api.model
    def _get_figure(
        self, label, text, model, domain, note="", views=None, is_of_company=True
    ):
        """Return a figure, and the list behind it."""
        domain = [*self._get_domain(), *domain] if is_of_company else domain
        return {
            "label": label,
            "text": text,
            "note": note,
            "action": self._get_action(label, model, domain, views),
        }

    @api.model
    def _get_action(self, name, model, domain, views=None):
        """Return the window action of a list.

        :param views: pairs of an id and a type; the usual ones by default
        """
        has_form = not model.endswith(".report")
        usual = [(False, "list"), (False, "form")] if has_form else [(False, "list")]
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": views or usual,
            "domain": [
                tuple(map(self._as_text, each)) if isinstance(each, tuple) else each
                for each in domain
            ],
        }

    @api.model
    def _as_text(self, value):
        """Return a value of a domain as a client takes it."""
        is_moment = hasattr(value, "isoformat")
        return fields.Datetime.to_string(value) if is_moment else value
