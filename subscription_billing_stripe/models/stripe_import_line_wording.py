from odoo import models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

#: code of an obstacle, or of what happens -> a sentence about its value
WORDS = {
    # What happens to lines that can be mapped.
    "match": _lt("Matched: %(value)s."),
    "new_plan": _lt("A plan with this billing period is made."),
    "new_product": _lt("A product is made, with Stripe's id as its reference."),
    "new_price": _lt("The price is made, or matched when there is the same one."),
    "new_customer": _lt("A new contact is made for the customer."),
    "new_method": _lt("The payment method is saved for the customer."),
    "unused": _lt("No running subscription is on this price."),
    "begins": _lt("Created; its first period here begins on %(value)s."),
    "charged_to": _lt("Charged automatically to %(value)s."),
    "invoiced": _lt("The customer pays the invoices."),
    "method_gone": _lt(
        "Its own payment method %(value)s is no longer saved at Stripe; the "
        "customer's others are charged."
    ),
    "trial": _lt("In trial; billed from %(value)s on."),
    "ends": _lt("Ends before %(value)s."),
    "paused": _lt("Paused: nothing is billed until it is resumed."),
    "usage": _lt(
        "Usage since %(value)s is billed with the first invoice: record here "
        "what was counted at Stripe since then."
    ),
    "discount": _lt("Discount %(value)s, for the periods that are left of it."),
    "invoice_sent": _lt(
        "Stripe's invoice %(value)s was sent and is open: it is paid there."
    ),
    # Why plans, products and prices cannot be mapped.
    "interval": _lt(
        "The billing period “%(value)s” is none of days, weeks, months or "
        "years. Move the subscription to a recurring price at Stripe."
    ),
    "plan_interval": _lt(
        "Plan: %(value)s does not bill this period in advance. Choose a plan "
        "that does, or none to have one made."
    ),
    "plan": _lt("The plan of “%(value)s” cannot be mapped: see its line."),
    "many_products": _lt(
        "Several products have the reference %(value)s. Choose the Product; "
        "without a choice a new one is made."
    ),
    "custom_amount": _lt(
        "Customers choose the amount of this price. Move the subscription to "
        "a price with a fixed amount at Stripe."
    ),
    "package_round": _lt(
        "The price rounds packages down, and Odoo bills packages that are "
        "begun. Move the subscription to another price at Stripe."
    ),
    "tiers_mode": _lt(
        "The tiers are “%(value)s”, neither graduated nor by volume. Move the "
        "subscription to another price at Stripe."
    ),
    "tiers": _lt("Stripe did not tell the tiers of the price. Read again."),
    "decimals": _lt(
        "The amount %(value)s has more digits than a price can keep. Move the "
        "subscription to a price with fewer decimals at Stripe."
    ),
    "flat_decimals": _lt(
        "The flat fee %(value)s of a tier is in fractions of the smallest "
        "coin. Move the subscription to a price with whole amounts at Stripe."
    ),
    "meter": _lt(
        "The price bills usage that the meter %(value)s counts at Stripe. "
        "Choose the Meter that counts it here on the line of the price, and "
        "report usage to Odoo."
    ),
    "same_meter": _lt(
        "Two items are counted by the meter %(value)s. Choose another Meter "
        "for one of the prices."
    ),
    "price": _lt("Stripe no longer tells of the price %(value)s. Read again."),
    # Why customers and their methods cannot be mapped.
    "item": _lt(
        "%(value)s, in the smallest coin, wait for the next invoice at Stripe "
        "and would be lost. Invoice or delete the item at Stripe; then read "
        "again."
    ),
    "many_partners": _lt(
        "Several contacts have the e-mail %(value)s. Choose the Customer; "
        "without a choice a new contact is made."
    ),
    "method_type": _lt(
        "Methods of the type “%(value)s” cannot be charged from Odoo. Ask the "
        "customer for another payment method."
    ),
    "customer_deleted": _lt(
        "The customer %(value)s was deleted at Stripe, or did not exist when "
        "the book was read. Read again."
    ),
    "balance": _lt(
        "The customer %(value)s has a balance at Stripe that changes the next "
        "invoice. Refund it or set it to zero at Stripe, book it here, and "
        "read again."
    ),
    "customer_discount": _lt(
        "The customer %(value)s has a discount on all subscriptions. Put it "
        "on the subscription at Stripe instead."
    ),
    "pending_items": _lt(
        "Invoice items of %(value)s wait for the next invoice at Stripe. "
        "Invoice or delete them there; then read again."
    ),
    "no_method": _lt(
        "The customer %(value)s has no payment method that can be charged. "
        "Save one at Stripe and read again, or set Without a Payment Method "
        "of this import to send invoices."
    ),
    # Why subscriptions cannot be mapped, and what became of them.
    "canceled": _lt("It has ended at Stripe."),
    "incomplete": _lt("Its first payment was never made at Stripe."),
    "incomplete_expired": _lt("Its first payment was never made at Stripe."),
    "invoice_open": _lt(
        "Stripe is collecting the invoice %(value)s, and would stop. Collect "
        "it, mark it as paid or void it at Stripe; then try again."
    ),
    "invoice_draft": _lt(
        "Stripe is about to issue the invoice %(value)s. Wait until it is "
        "paid, an hour or two, or delete it at Stripe; then try again."
    ),
    "rolling": _lt(
        "Stripe is beginning a new period at this moment. Try again in an hour or two."
    ),
    "connect": _lt(
        "Money of it goes to another Stripe account (Connect), which Odoo "
        "does not do. It has to stay at Stripe."
    ),
    "schedule": _lt(
        "A schedule changes it on a later date. Release the schedule at "
        "Stripe, and plan the change in Odoo afterwards."
    ),
    "pending_update": _lt(
        "A change of it waits for a payment at Stripe. Finish or void it there."
    ),
    "threshold": _lt(
        "It is invoiced when an amount is reached. Remove its billing "
        "thresholds at Stripe."
    ),
    "too_many_items": _lt(
        "It has more items than Stripe tells at a time. Split it at Stripe."
    ),
    "no_items": _lt("It has no items: there is nothing to bill."),
    "item_discount": _lt(
        "An item has a discount of its own. Put it on the subscription at "
        "Stripe, or agree it in Odoo afterwards."
    ),
    "pause_in_trial": _lt(
        "Its collection is paused during the trial. Resume it at Stripe."
    ),
    "intervals": _lt(
        "Its items have different billing periods, and a subscription in Odoo "
        "has one. Move each period to a subscription of its own at Stripe."
    ),
    "currency": _lt(
        "The currency %(value)s is not active. Activate it in Accounting > "
        "Configuration > Currencies."
    ),
    "discount_currency": _lt(
        "The discount %(value)s is in another currency. Replace it at Stripe."
    ),
    "tax_automatic": _lt(
        "Stripe works the taxes out itself. Set Taxes of this import to “As "
        "Odoo works them out”, and check the first invoices."
    ),
    "tax_exempt": _lt(
        "It has tax rates, and the customer is exempt from them. Set Taxes of "
        "this import to “As Odoo works them out”, or correct it at Stripe."
    ),
    "tax": _lt(
        "No sales tax of %(value)s is the like of a tax rate at Stripe. "
        "Create one with the same Included in Price, or set Taxes of this "
        "import to “As Odoo works them out”."
    ),
    "stopped": _lt("It ended at Stripe in the meantime; its draft is deleted."),
    "stopped_draft": _lt(
        "It ended at Stripe in the meantime. Take it over to delete its draft."
    ),
    "drafted": _lt(
        "A draft was made. Stripe goes on billing; set Subscriptions at "
        "Stripe to “End them” and take it over to have Odoo bill."
    ),
    "taken": _lt("Taken over: ended at Stripe; Odoo bills from %(value)s on."),
    "lost": _lt(
        "Stripe does not know it: the secret key may belong to another account than "
        "when the book was read. Nothing was changed. Correct the key, then take it "
        "over again."
    ),
    "not_ended": _lt(
        "The draft is there, and Stripe still bills: it could not be ended. "
        "Nobody is billed twice. Take it over again. %(value)s"
    ),
    "line": _lt("It needs a line that failed: %(value)s"),
}


class StripeImportLine(models.Model):
    """What is told of a line: what happens, or why it cannot, and what to do."""

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS === #

    def _tell(self, obstacle):
        """Return an obstacle, or a note, in words.

        :param tools.takeover.Obstacle obstacle: a code, and what it is about
        """
        sentence = self.env._(WORDS[obstacle.code])
        return sentence % {"value": obstacle.value}
