from . import feedback, link, pay, portal, reminders
