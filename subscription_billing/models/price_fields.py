"""What the models of prices, tiers and lines share about the terms of a price."""

from decimal import Decimal

PRICING_MODELS = [
    ("per_unit", "Per Unit"),
    ("flat", "Flat"),
    ("graduated", "Graduated"),
    ("volume", "Volume"),
    ("package", "Package"),
    ("percentage", "Percentage"),
    ("graduated_percentage", "Graduated Percentage"),
]
#: what the price is of, and what it is; fixed once a subscription runs on it
SUBJECT_FIELDS = ("plan_id", "product_tmpl_id", "product_id", "currency_id")
AMOUNT_FIELDS = (
    "pricing_model",
    "price_unit",
    "package_size",
    "included_quantity",
    "amount_minimum",
    "percentage",
    "price_event",
    "included_events",
)
TIER_FIELDS = (
    "tier_ids",
    "tier_ids.quantity_last",
    "tier_ids.price_unit",
    "tier_ids.percentage",
    "tier_ids.amount_flat",
    "tier_ids.block_size",
)
#: in the context while a price saves its tiers: a value that no client can send
SAVING = object()


def exact(value):
    """Return a float as people read it, as a decimal."""
    return Decimal(str(value or 0))
