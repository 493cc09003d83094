"""Lists of choices that several models of dunning show."""

CATEGORIES = [
    ("retry", "Try Again Later"),
    ("customer", "Needs the Customer"),
    ("never", "Never Again"),
    ("unknown", "Unclear"),
]
#: what a step does
ACTIONS = [
    ("email", "E-mail"),
    ("sms", "Text Message"),
    ("letter", "Letter"),
    ("portal", "Notice in the Portal"),
    ("activity", "Activity for a Person"),
    ("fee", "Late Fee or Interest"),
    ("restrict", "Restrict Changes"),
    ("suspend", "Suspend the Service"),
    ("pause", "Pause the Subscriptions"),
    ("plan", "Move to Another Plan"),
    ("close", "Close the Subscriptions"),
    ("close_period", "Close at the End of the Period"),
    ("write_off", "Write Off"),
    ("collect", "Hand Over to Collection"),
]
#: actions that are only done about what is overdue
ENDING_ACTIONS = ("restrict", "pause", "plan", "close_period", "write_off", "collect")
#: actions that are done for each invoice apart; the others speak of all
SINGLE_ACTIONS = ("fee",)
#: actions that reach the customer, and wait for a working hour
CONTACT_ACTIONS = ("email", "sms", "letter")
#: actions that the customer notices, at whatever hour
TOLD_ACTIONS = (*CONTACT_ACTIONS, "portal")
#: why nothing is done about a case for a while
HOLD_REASONS = [
    ("promise", "Promise to Pay"),
    ("agreement", "Agreement"),
    ("dispute", "Disagreement About the Invoice"),
    ("hardship", "Hardship"),
]
#: how a fee is worked out, as in ``tools.fees``
FEE_KINDS = [
    ("fixed", "Fixed Amount"),
    ("percent", "Percent of What Is Overdue"),
    ("interest", "Interest per Year"),
    ("statutory", "Statutory (Amount and Interest)"),
]
#: kinds that go on with the days
INTEREST_KINDS = ("interest", "statutory")
#: how the time of a retry was chosen
RETRY_KINDS = [
    ("smart", "Best Hour"),
    ("random", "Random Hour"),
    ("fixed", "Fixed Days"),
    ("other", "Other"),
]
#: what became of something that was owed
MONEY_KINDS = [
    ("recovered", "Recovered"),
    ("lost", "Lost"),
    ("credited", "Credited"),
]
CUSTOMER_TYPES = [("company", "Businesses"), ("person", "Consumers")]
#: how long an invoice is overdue, in days; their order is that of the alphabet
AGES = [
    ("00_not_due", "Not Due"),
    ("01_30", "1–30 Days"),
    ("31_60", "31–60 Days"),
    ("61_90", "61–90 Days"),
    ("91_more", "More Than 90 Days"),
]
