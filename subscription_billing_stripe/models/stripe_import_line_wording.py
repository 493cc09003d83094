from odoo import models


class StripeImportLine(models.Model):
    """What is told of a line: what happens, or why it cannot, and what to do."""

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS === #

    def _tell(self, obstacle):
        """Return an obstacle, or a note, in words.

        :param tools.takeover.Obstacle obstacle: a code, and what it is about
        """
        words = (
            self._get_result_words()
            | self._get_price_words()
            | self._get_customer_words()
            | self._get_subscription_words()
        )
        return words[obstacle.code] % {"value": obstacle.value}

    def _get_result_words(self):
        """Return what happens to lines that can be mapped."""
        _ = self.env._
        return {
            "match": _("Matched: %(value)s."),
            "new_plan": _("A plan with this billing period is made."),
            "new_product": _("A product is made, with Stripe's id as its reference."),
            "new_price": _("The price is made, or matched when there is the same one."),
            "new_customer": _("A new contact is made for the customer."),
            "new_method": _("The payment method is saved for the customer."),
            "unused": _("No running subscription is on this price."),
            "begins": _("Created; its first period here begins on %(value)s."),
            "charged_to": _("Charged automatically to %(value)s."),
            "invoiced": _("The customer pays the invoices."),
            "method_gone": _(
                "Its own payment method %(value)s is no longer saved at Stripe; the "
                "customer's others are charged."
            ),
            "trial": _("In trial; billed from %(value)s on."),
            "ends": _("Ends before %(value)s."),
            "paused": _("Paused: nothing is billed until it is resumed."),
            "usage": _(
                "Usage since %(value)s is billed with the first invoice: record here "
                "what was counted at Stripe since then."
            ),
            "discount": _("Discount %(value)s, for the periods that are left of it."),
            "invoice_sent": _(
                "Stripe's invoice %(value)s was sent and is open: it is paid there."
            ),
        }

    def _get_price_words(self):
        """Return why plans, products and prices cannot be mapped."""
        _ = self.env._
        return {
            "interval": _(
                "The billing period “%(value)s” is none of days, weeks, months or "
                "years. Move the subscription to a recurring price at Stripe."
            ),
            "plan_interval": _(
                "Plan: %(value)s does not bill this period in advance. Choose a plan "
                "that does, or none to have one made."
            ),
            "plan": _("The plan of “%(value)s” cannot be mapped: see its line."),
            "many_products": _(
                "Several products have the reference %(value)s. Choose the Product; "
                "without a choice a new one is made."
            ),
            "custom_amount": _(
                "Customers choose the amount of this price. Move the subscription to "
                "a price with a fixed amount at Stripe."
            ),
            "package_round": _(
                "The price rounds packages down, and Odoo bills packages that are "
                "begun. Move the subscription to another price at Stripe."
            ),
            "tiers_mode": _(
                "The tiers are “%(value)s”, neither graduated nor by volume. Move the "
                "subscription to another price at Stripe."
            ),
            "tiers": _("Stripe did not tell the tiers of the price. Read again."),
            "decimals": _(
                "The amount %(value)s has more digits than a price can keep. Move the "
                "subscription to a price with fewer decimals at Stripe."
            ),
            "flat_decimals": _(
                "The flat fee %(value)s of a tier is in fractions of the smallest "
                "coin. Move the subscription to a price with whole amounts at Stripe."
            ),
            "meter": _(
                "The price bills usage that the meter %(value)s counts at Stripe. "
                "Choose the Meter that counts it here on the line of the price, and "
                "report usage to Odoo."
            ),
            "same_meter": _(
                "Two items are counted by the meter %(value)s. Choose another Meter "
                "for one of the prices."
            ),
            "price": _("Stripe no longer tells of the price %(value)s. Read again."),
        }

    def _get_customer_words(self):
        """Return why customers and their methods cannot be mapped."""
        _ = self.env._
        return {
            "item": _(
                "%(value)s, in the smallest coin, wait for the next invoice at Stripe "
                "and would be lost. Invoice or delete the item at Stripe; then read "
                "again."
            ),
            "many_partners": _(
                "Several contacts have the e-mail %(value)s. Choose the Customer; "
                "without a choice a new contact is made."
            ),
            "method_type": _(
                "Methods of the type “%(value)s” cannot be charged from Odoo. Ask the "
                "customer for another payment method."
            ),
            "customer_deleted": _(
                "The customer %(value)s was deleted at Stripe, or did not exist when "
                "the book was read. Read again."
            ),
            "balance": _(
                "The customer %(value)s has a balance at Stripe that changes the next "
                "invoice. Refund it or set it to zero at Stripe, book it here, and "
                "read again."
            ),
            "customer_discount": _(
                "The customer %(value)s has a discount on all subscriptions. Put it "
                "on the subscription at Stripe instead."
            ),
            "pending_items": _(
                "Invoice items of %(value)s wait for the next invoice at Stripe. "
                "Invoice or delete them there; then read again."
            ),
            "no_method": _(
                "The customer %(value)s has no payment method that can be charged. "
                "Save one at Stripe and read again, or set Without a Payment Method "
                "of this import to send invoices."
            ),
        }

    def _get_subscription_words(self):
        """Return why subscriptions cannot be mapped."""
        _ = self.env._
        return {
            "canceled": _("It has ended at Stripe."),
            "incomplete": _("Its first payment was never made at Stripe."),
            "incomplete_expired": _("Its first payment was never made at Stripe."),
            "invoice_open": _(
                "Stripe is collecting the invoice %(value)s, and would stop. Collect "
                "it, mark it as paid or void it at Stripe; then try again."
            ),
            "invoice_draft": _(
                "Stripe is about to issue the invoice %(value)s. Wait until it is "
                "paid, an hour or two, or delete it at Stripe; then try again."
            ),
            "rolling": _(
                "Stripe is beginning a new period at this moment. Try again in an "
                "hour or two."
            ),
            "connect": _(
                "Money of it goes to another Stripe account (Connect), which Odoo "
                "does not do. It has to stay at Stripe."
            ),
            "schedule": _(
                "A schedule changes it on a later date. Release the schedule at "
                "Stripe, and plan the change in Odoo afterwards."
            ),
            "pending_update": _(
                "A change of it waits for a payment at Stripe. Finish or void it there."
            ),
            "threshold": _(
                "It is invoiced when an amount is reached. Remove its billing "
                "thresholds at Stripe."
            ),
            "too_many_items": _(
                "It has more items than Stripe tells at a time. Split it at Stripe."
            ),
            "no_items": _("It has no items: there is nothing to bill."),
            "item_discount": _(
                "An item has a discount of its own. Put it on the subscription at "
                "Stripe, or agree it in Odoo afterwards."
            ),
            "pause_in_trial": _(
                "Its collection is paused during the trial. Resume it at Stripe."
            ),
            "intervals": _(
                "Its items have different billing periods, and a subscription in Odoo "
                "has one. Move each period to a subscription of its own at Stripe."
            ),
            "currency": _(
                "The currency %(value)s is not active. Activate it in Accounting > "
                "Configuration > Currencies."
            ),
            "discount_currency": _(
                "The discount %(value)s is in another currency. Replace it at Stripe."
            ),
            "tax_automatic": _(
                "Stripe works the taxes out itself. Set Taxes of this import to “As "
                "Odoo works them out”, and check the first invoices."
            ),
            "tax_exempt": _(
                "It has tax rates, and the customer is exempt from them. Set Taxes of "
                "this import to “As Odoo works them out”, or correct it at Stripe."
            ),
            "tax": _(
                "No sales tax of %(value)s is the like of a tax rate at Stripe. "
                "Create one with the same Included in Price, or set Taxes of this "
                "import to “As Odoo works them out”."
            ),
            "stopped": _("It ended at Stripe in the meantime; its draft is deleted."),
            "stopped_draft": _(
                "It ended at Stripe in the meantime. Take it over to delete its draft."
            ),
            "drafted": _(
                "A draft was made. Stripe goes on billing; set Subscriptions at "
                "Stripe to “End them” and take it over to have Odoo bill."
            ),
            "taken": _("Taken over: ended at Stripe; Odoo bills from %(value)s on."),
            "not_ended": _(
                "The draft is there, and Stripe still bills: it could not be ended. "
                "Nobody is billed twice. Take it over again. %(value)s"
            ),
            "line": _("It needs a line that failed: %(value)s"),
        }
