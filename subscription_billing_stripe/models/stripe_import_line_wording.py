from odoo import models


class StripeImportLine(models.Model):
    """What is told of a line: what happens, or why it cannot, and what to do."""

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS === #

    def _tell(self, obstacle):
        """Return an obstacle, or a note, in words.

        :param tools.takeover.Obstacle obstacle: a code, and what it is about
        """
        for get_words in (
            self._get_result_words,
            self._get_customer_words,
            self._get_price_words,
            self._get_subscription_words,
        ):
            words = get_words(obstacle.value)
            if obstacle.code in words:
                return words[obstacle.code]
        raise KeyError(obstacle.code)

    def _get_result_words(self, value):
        """Return what happens to lines that can be mapped."""
        return {
            "match": self.env._("Matched: %(value)s.", value=value),
            "new_plan": self.env._("A plan with this billing period is made."),
            "new_product": self.env._(
                "A product is made, with Stripe's id as its reference."
            ),
            "new_price": self.env._(
                "The price is made, or matched when there is the same one."
            ),
            "new_customer": self.env._("A new contact is made for the customer."),
            "new_method": self.env._("The payment method is saved for the customer."),
            "unused": self.env._("No running subscription is on this price."),
            "begins": self.env._(
                "Created; its first period here begins on %(value)s.", value=value
            ),
            "charged_to": self.env._(
                "Charged automatically to %(value)s.", value=value
            ),
            "invoiced": self.env._("The customer pays the invoices."),
            "method_gone": self.env._(
                "Its own payment method %(value)s is no longer saved at Stripe; the "
                "customer's others are charged.",
                value=value,
            ),
            "trial": self.env._("In trial; billed from %(value)s on.", value=value),
            "ends": self.env._("Ends before %(value)s.", value=value),
            "paused": self.env._("Paused: nothing is billed until it is resumed."),
            "usage": self.env._(
                "Usage since %(value)s is billed with the first invoice: record here "
                "what was counted at Stripe since then.",
                value=value,
            ),
            "discount": self.env._(
                "Discount %(value)s, for the periods that are left of it.", value=value
            ),
            "invoice_sent": self.env._(
                "Stripe's invoice %(value)s was sent and is open: it is paid there.",
                value=value,
            ),
        }

    def _get_price_words(self, value):
        """Return why plans, products and prices cannot be mapped."""
        return {
            "interval": self.env._(
                "The billing period “%(value)s” is none of days, weeks, months or "
                "years. Move the subscription to a recurring price at Stripe.",
                value=value,
            ),
            "plan_interval": self.env._(
                "Plan: %(value)s does not bill this period in advance. Choose a plan "
                "that does, or none to have one made.",
                value=value,
            ),
            "plan": self.env._(
                "The plan of “%(value)s” cannot be mapped: see its line.", value=value
            ),
            "many_products": self.env._(
                "Several products have the reference %(value)s. Choose the Product; "
                "without a choice a new one is made.",
                value=value,
            ),
            "custom_amount": self.env._(
                "Customers choose the amount of this price. Move the subscription to "
                "a price with a fixed amount at Stripe."
            ),
            "package_round": self.env._(
                "The price rounds packages down, and Odoo bills packages that are "
                "begun. Move the subscription to another price at Stripe."
            ),
            "tiers_mode": self.env._(
                "The tiers are “%(value)s”, neither graduated nor by volume. Move the "
                "subscription to another price at Stripe.",
                value=value,
            ),
            "tiers": self.env._(
                "Stripe did not tell the tiers of the price. Read again."
            ),
            "decimals": self.env._(
                "The amount %(value)s has more digits than a price can keep. Move the "
                "subscription to a price with fewer decimals at Stripe.",
                value=value,
            ),
            "flat_decimals": self.env._(
                "The flat fee %(value)s of a tier is in fractions of the smallest "
                "coin. Move the subscription to a price with whole amounts at Stripe.",
                value=value,
            ),
            "meter": self.env._(
                "The price bills usage that the meter %(value)s counts at Stripe. "
                "Choose the Meter that counts it here on the line of the price, and "
                "report usage to Odoo.",
                value=value,
            ),
            "same_meter": self.env._(
                "Two items are counted by the meter %(value)s. Choose another Meter "
                "for one of the prices.",
                value=value,
            ),
            "price": self.env._(
                "Stripe no longer tells of the price %(value)s. Read again.",
                value=value,
            ),
        }

    def _get_customer_words(self, value):
        """Return why customers and their methods cannot be mapped."""
        return {
            "item": self.env._(
                "%(value)s, in the smallest coin, wait for the next invoice at Stripe "
                "and would be lost. Invoice or delete the item at Stripe; then read "
                "again.",
                value=value,
            ),
            "many_partners": self.env._(
                "Several contacts have the e-mail %(value)s. Choose the Customer; "
                "without a choice a new contact is made.",
                value=value,
            ),
            "method_type": self.env._(
                "Methods of the type “%(value)s” cannot be charged from Odoo. Ask the "
                "customer for another payment method.",
                value=value,
            ),
            "customer_deleted": self.env._(
                "The customer %(value)s was deleted at Stripe, or did not exist when "
                "the book was read. Read again.",
                value=value,
            ),
            "balance": self.env._(
                "The customer %(value)s has a balance at Stripe that changes the next "
                "invoice. Refund it or set it to zero at Stripe, book it here, and "
                "read again.",
                value=value,
            ),
            "customer_discount": self.env._(
                "The customer %(value)s has a discount on all subscriptions. Put it "
                "on the subscription at Stripe instead.",
                value=value,
            ),
            "pending_items": self.env._(
                "Invoice items of %(value)s wait for the next invoice at Stripe. "
                "Invoice or delete them there; then read again.",
                value=value,
            ),
            "no_method": self.env._(
                "The customer %(value)s has no payment method that can be charged. "
                "Save one at Stripe and read again, or set Without a Payment Method "
                "of this import to send invoices.",
                value=value,
            ),
        }

    def _get_subscription_words(self, value):
        """Return why subscriptions cannot be mapped."""
        return {
            "canceled": self.env._("It has ended at Stripe."),
            "incomplete": self.env._("Its first payment was never made at Stripe."),
            "incomplete_expired": self.env._(
                "Its first payment was never made at Stripe."
            ),
            "invoice_open": self.env._(
                "Stripe is collecting the invoice %(value)s, and would stop. Collect "
                "it, mark it as paid or void it at Stripe; then try again.",
                value=value,
            ),
            "invoice_draft": self.env._(
                "Stripe is about to issue the invoice %(value)s. Wait until it is "
                "paid, an hour or two, or delete it at Stripe; then try again.",
                value=value,
            ),
            "rolling": self.env._(
                "Stripe is beginning a new period at this moment. Try again in an "
                "hour or two."
            ),
            "connect": self.env._(
                "Money of it goes to another Stripe account (Connect), which Odoo "
                "does not do. It has to stay at Stripe."
            ),
            "schedule": self.env._(
                "A schedule changes it on a later date. Release the schedule at "
                "Stripe, and plan the change in Odoo afterwards."
            ),
            "pending_update": self.env._(
                "A change of it waits for a payment at Stripe. Finish or void it there."
            ),
            "threshold": self.env._(
                "It is invoiced when an amount is reached. Remove its billing "
                "thresholds at Stripe."
            ),
            "too_many_items": self.env._(
                "It has more items than Stripe tells at a time. Split it at Stripe."
            ),
            "no_items": self.env._("It has no items: there is nothing to bill."),
            "item_discount": self.env._(
                "An item has a discount of its own. Put it on the subscription at "
                "Stripe, or agree it in Odoo afterwards."
            ),
            "pause_in_trial": self.env._(
                "Its collection is paused during the trial. Resume it at Stripe."
            ),
            "intervals": self.env._(
                "Its items have different billing periods, and a subscription in Odoo "
                "has one. Move each period to a subscription of its own at Stripe."
            ),
            "currency": self.env._(
                "The currency %(value)s is not active. Activate it in Accounting > "
                "Configuration > Currencies.",
                value=value,
            ),
            "discount_currency": self.env._(
                "The discount %(value)s is in another currency. Replace it at Stripe.",
                value=value,
            ),
            "tax_automatic": self.env._(
                "Stripe works the taxes out itself. Set Taxes of this import to “As "
                "Odoo works them out”, and check the first invoices."
            ),
            "tax_exempt": self.env._(
                "It has tax rates, and the customer is exempt from them. Set Taxes of "
                "this import to “As Odoo works them out”, or correct it at Stripe."
            ),
            "tax": self.env._(
                "No sales tax of %(value)s is the like of a tax rate at Stripe. "
                "Create one with the same Included in Price, or set Taxes of this "
                "import to “As Odoo works them out”.",
                value=value,
            ),
            "stopped": self.env._(
                "It ended at Stripe in the meantime; its draft is deleted."
            ),
            "stopped_draft": self.env._(
                "It ended at Stripe in the meantime. Take it over to delete its draft."
            ),
            "drafted": self.env._(
                "A draft was made. Stripe goes on billing; set Subscriptions at "
                "Stripe to “End them” and take it over to have Odoo bill."
            ),
            "taken": self.env._(
                "Taken over: ended at Stripe; Odoo bills from %(value)s on.",
                value=value,
            ),
            "not_ended": self.env._(
                "The draft is there, and Stripe still bills: it could not be ended. "
                "Nobody is billed twice. Take it over again. %(value)s",
                value=value,
            ),
            "line": self.env._("It needs a line that failed: %(value)s", value=value),
        }
