"""The desk's keys in words that people read; each is said in both languages."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  the mark by which the catalogue finds a text
    """Mark a text for the catalogue; it is said where it is shown."""
    return text


ROLES = {
    "visitor": N_("visitor"), "customer": N_("customer"), "agent": N_("service agent"),
    "engineer": N_("quality engineer"), "finance": N_("finance"), "owner": N_("owner of terms"),
    "admin": N_("administrator"), "auditor": N_("auditor"), "machine": N_("the server itself"),
}
STATES = {
    "draft": N_("Draft"), "submitted": N_("Submitted"), "entitlement_checked": N_("Entitlement checked"),
    "info_requested": N_("Information requested"), "authorised": N_("Authorised"), "received": N_("Received"),
    "diagnosed": N_("Diagnosed"), "waiting_parts": N_("Waiting for parts"), "in_repair": N_("In repair"),
    "waiting_exchange": N_("Waiting for exchange"), "waiting_refund": N_("Waiting for refund"),
    "repaired": N_("Repaired"), "exchanged": N_("Exchanged"), "refunded": N_("Refunded"),
    "nff_returned": N_("No fault found"), "rejected": N_("Rejected"), "cancelled": N_("Cancelled"),
    "closed": N_("Closed"), "reopened": N_("Reopened"),
}
ACTIONS = {
    "open": N_("Open the claim"), "submit": N_("Submit"), "check": N_("Check entitlement"),
    "ask": N_("Ask for information"), "answer": N_("Answer"), "authorise": N_("Authorise"), "reject": N_("Reject"),
    "receive": N_("Receive the unit"), "diagnose": N_("Enter the diagnosis"), "start_repair": N_("Start the repair"),
    "wait_parts": N_("Wait for parts"), "parts_in": N_("Parts are in"),
    "parts_deadline": N_("Parts are overdue: exchange"), "repairer_deadline": N_("Repair is overdue: exchange"),
    "exchange": N_("Exchange"), "refund": N_("Refund"), "no_fault": N_("No fault found"),
    "no_unit": N_("No unit to give: refund"),
    "repair_done": N_("Repair is done"), "exchange_done": N_("Exchange is done"), "refund_done": N_("Refund is paid"),
    "hand_back": N_("Hand back"), "settle": N_("Settle"), "appeal": N_("Appeal"), "bounce": N_("Same fault again"),
    "cancel": N_("Cancel the claim"), "clear": N_("Clear the hold"), "approve": N_("Approve"),
    "cost": N_("Add a cost line"), "goodwill": N_("Goodwill"), "evidence": N_("Evidence of a day"),
}
LOGGED = {  # what the log says was done: acts of a claim, and more
    **ACTIONS, "import": N_("Import units"), "assign": N_("Assign a promise"), "erase": N_("Erase a unit's serial"),
    "person": N_("Change an account"), "forget": N_("Forget a person"), "paper": N_("Hand in a paper"),
    "refuse": N_("Refuse"), "propose goodwill": N_("Propose goodwill"),
    "propose evidence": N_("Propose the evidence of a day"), "propose campaign": N_("Propose a campaign"),
}
REMEDIES = {"repair": N_("repair"), "exchange": N_("exchange"), "refund": N_("refund")}
LAYERS = {"statutory": N_("statutory"), "commercial": N_("maker's promise"), "seller": N_("seller's return"),
          "campaign": N_("campaign"), "goodwill": N_("goodwill")}
COMPONENTS = {"host": N_("the unit itself"), "battery": N_("battery"), "charger": N_("charger"), "case": N_("case"),
              "wired_headset": N_("wired headset"), "removable_battery": N_("removable battery"),
              "terminal_card": N_("terminal card"), "data_card": N_("data card"), "power_bank": N_("power bank"),
              "any_reason": N_("no fault: given back for any reason"), "presumption": N_("whose proof it is"),
              "manufacturing_fault": N_("fault of manufacture")}
PAYERS = {"maker": N_("the maker"), "statutory": N_("the law's layer"), "seller": N_("the seller"),
          "goodwill": N_("goodwill"), "customer": N_("the customer"), "supplier": N_("the supplier")}
PARTIES = {"maker": N_("the maker"), "seller": N_("the seller")}
UNITS = {"days": N_("{n} days"), "months": N_("{n} months"), "years": N_("{n} years")}
MARKS = {"S": N_("the text was read in a copy"), "S2": N_("a third party retells it"),
         "G": N_("general knowledge, not checked"), "D": N_("a design choice")}
ANSWERS = {"covered": N_("Covered"), "not covered": N_("Not covered"), "held": N_("Held for a person")}
FAULTS = {"performance": N_("It does not work as it should"), "battery": N_("Battery"), "screen": N_("Screen"),
          "case": N_("Case"), "other": N_("Something else")}
JOBS = {"waiting": N_("waiting"), "running": N_("running"), "done": N_("done"), "failed": N_("failed"),
        "cancelled": N_("cancelled")}
INPUTS = {
    "on": N_("Day"), "failed_on": N_("Day it failed"), "reason": N_("Reason"), "words": N_("Words"),
    "fault": N_("Fault found"), "component": N_("Component"), "user_damage": N_("User damage"),
    "replacement": N_("Serial of the new unit"), "price": N_("Price"),
    "in_stock": N_("The same product is in stock"), "unregistered": N_("It is not registered, and was read twice"),
    "paid": N_("Paid back"), "days_away": N_("Days in repair"), "remedy": N_("Remedy"), "held": N_("Held"),
    "currency": N_("Currency"), "column": N_("Which day"),
    "day": N_("What it is to be"), "name": N_("Name"), "product": N_("Product"),
    "lot": N_("Lot"), "market": N_("Market"), "until": N_("Until"),
    "serial": N_("Serial or IMEI"), "guarantee": N_("Guarantee"), "opened_on": N_("Opened"), "claim": N_("Claim"),
    "kind": N_("Kind"), "what": N_("What"), "quantity": N_("Quantity"), "amount": N_("Amount"), "payer": N_("Payer"),
    "answer": N_("Answer"), "state": N_("State"), "bucket": N_("Bucket"), "role": N_("Role"), "centre": N_("Centre"),
    "password": N_("Password"), "old": N_("Your password so far"), "symptom": N_("Symptom"), "key": "Idempotency-Key",
}
COVER = {"started": N_("Cover began"), "suspended": N_("Handed in: cover stands still"),
         "resumed": N_("Handed back: cover runs on"), "exchanged": N_("Exchanged"), "extended": N_("Extended"),
         "transferred": N_("Transferred"), "campaign": N_("Campaign"), "goodwill": N_("Goodwill")}
BUCKETS = {"held": N_("Held for a person"), "new": N_("Drafts"), "review": N_("In review"),
           "attention": N_("Needs attention"), "goods": N_("At the bench"), "ending": N_("To hand back"),
           "done": N_("Done")}
HOLDS = {"hold:serial_not_shipped": N_("The maker never said that this serial was shipped."),
         "hold:velocity": N_("Too many claims of this unit in 30 days."),
         "hold:claim_before_activation": N_("The claim is dated before the unit was first switched on."),
         "hold": N_("A person is looking at it first."),
         "hold:given_back": N_("The unit was given back without a fault before."),
         "hold:serial_differs": N_("Another serial stands on the unit that was handed in."),
         "hold:invoice_reused": N_("The invoice was shown for another unit."),
         "hold:centre_velocity": N_("This service centre opens far more claims today than it is used to.")}
WORDS = {"said": N_("In their own words"), "contact": N_("How to reach them"), "invoice": N_("Invoice number"),
         "ask": N_("Asked"), "answer": N_("Answered"), "appeal": N_("Appealed")}
TABLES = {"units": N_("units"), "claims": N_("claims"), "events": N_("events"), "outcomes": N_("outcomes"),
          "surveys": N_("surveys"), "heartbeats": N_("heartbeats")}
PAPERS = {"receipt": N_("receipt"), "photograph": N_("photograph"), "other": N_("other paper")}
FACTS = {"product": N_("Product"), "brand": N_("Brand"), "lot": N_("Lot"), "market": N_("Market"),
         "channel": N_("Channel"), "guarantee": N_("Guarantee"), "made_on": N_("Made"), "shipped_on": N_("Shipped"),
         "sold_on": N_("Sold"), "delivered_on": N_("Delivered"), "activated_on": N_("First switched on"),
         "returned_on": N_("Returned"), "last_seen_on": N_("Last heard of")}
PROPOSALS = {"goodwill": N_("Goodwill"), "evidence": N_("Evidence of a day"), "campaign": N_("Campaign")}
PROPOSED = {"waiting": N_("waits for a second person"), "approved": N_("approved"), "refused": N_("refused")}
COSTS = {"labour": N_("labour"), "part": N_("part"), "freight": N_("freight"), "exchange": N_("exchange"),
         "refund": N_("refund"), "other": N_("other")}
BOOKS = {"claims": N_("claim"), "units": N_("unit"), "proposals": N_("proposal"), "people": N_("person")}
CAUSES = {"superseded_unit": N_("the unit was exchanged"), "refunded_unit": N_("its price was paid back"),
          "duplicate_open_claim": N_("the unit has another open claim")}
CLAIM_DAYS = {"opened_on": N_("the day it was opened"), "received_on": N_("the day the unit was received"),
              "waiting_on": N_("the day the waiting began")}
SHEETS = {  # a table that is taken away, by its schema
    "warrantor.web.claims/1": N_("Claims"), "warrantor.web.costs/1": N_("Cost lines of this claim"),
    "warrantor.web.papers/1": N_("Papers of this claim that you may see"),
    "warrantor.web.layers/1": N_("Who owes what: every guarantee that could be this unit's"),
    "warrantor.web.coverages/1": N_("An answer for every line, in the order of the list"),
    "warrantor.web.proposals/1": N_("What takes two persons"), "warrantor.web.people/1": N_("Accounts"),
    "warrantor.web.guarantees/1": N_("Guarantees"), "warrantor.web.rules/1": N_("Rules of a guarantee"),
    "warrantor.web.products/1": N_("Units under watch and their first claims, product by product"),
    "warrantor.web.life/1": N_("Life table"), "warrantor.web.returns/1": N_("Sales and returns"),
    "warrantor.web.forecast/1": N_("Claims to come, by month of report"),
    "warrantor.web.forecast_total/1": N_("Claims to come, product by product"),
    "warrantor.web.findings/1": N_("What the records say that cannot be, or should not be"),
    "warrantor.web.trials/1": N_("Each trial with its last look"),
    "warrantor.web.looks/1": N_("Every look that was taken; none is ever changed"),
    "warrantor.web.guardrails/1": N_("Guardrails: what must be shown to be no worse"),
    "warrantor.web.checks/1": N_("Health of the trial"), "warrantor.web.alarms/1": N_("Alarms"),
    "warrantor.web.jobs/1": N_("Jobs, the latest first"), "warrantor.web.audit/1": N_("Entries, the latest first"),
}
ABOUT = {"what": N_("What"), "address": N_("Address"), "by": N_("Who"), "at": N_("When"), "version": N_("Version"),
         "job": N_("Job"), "finished": N_("Finished"), "as_of": N_("Known until"), "command": N_("Command"),
         "product": N_("Product"), "claim": N_("Claim"), "unit": N_("Unit"), "on": N_("Day"), "trial": N_("Trial"),
         "guarantee": N_("Guarantee"), "bucket": N_("Bucket"), "state": N_("State"), "search": N_("Search"),
         "data_until": N_("Known until"), "subject": N_("Of"), "kind": N_("What was done"), "complete": N_("Complete"),
         "since": N_("From"), "until": N_("Until"), "person": N_("Who"), "order": N_("Order")}
SUBJECTS = (N_("claim {number}"), N_("unit {number}"), N_("person {number}"), N_("proposal {number}"))
HOW = (  # how the laboratory's verbs say that a document was obtained; a place has a name
    *SUBJECTS,
    N_("claims reported by {day} are known; ages within the report lag of that day are still filling"),
    N_("Windows are shortened by the report lag: median {median} days, 99th percentile {most}."),
    N_("Every claim is taken for a failure at its age, also those that rush in before cover ends: forecast and extend "
       "tell them apart with --soft."),
    N_("Claims are first claims, in the month they will be reported in; cost includes repeats at the ratio of all "
       "claims to first claims so far."),
    N_("Rush not separated: no soft faults were named, so the forecast may be up to a quarter too high."),
    N_("Laws mixed by AIC: {laws}, those that the claims can tell."),
    N_("Fewer than four past products: how wrong forecasts beyond the ages seen are is a stated prior, sd {sd} on the "
       "log scale for half as long again, one error for all strata."),
    N_("Cost per claim, repeats included, is taken from the months seen; later months are assumed to cost alike."),
    N_("Returns without fault still to come are not taken off. Assumes no new failure mode after the last observed "
       "month."),
    N_("The reserve is for units sold so far, until the last of their claims is reported; later sales bring their "
       "own."),
    N_("Claims already reported are taken to be paid or entered elsewhere: they are not in it."),
    N_("The best estimate is the mean of the draws."),
    N_("Strata added up share the error of past forecasts and nothing else: a shock to all of them, such as dearer "
       "parts, is not in the tail."),
    N_("Not discounted."),
    N_("reading"), N_("fitting"), N_("asking"), N_("reading and forecasting"), N_("reading and reserving"),
    N_("freezing, forecasting and opening"), N_("fitting, forecasting and drawing"), N_("The page: {path}"),
    N_("The record: {path}, {n} forecast days added."), N_("weibull"), N_("lognormal"), N_("loglogistic"),
    N_("lfp-weibull"), N_("lfp-lognormal"), N_("gengamma"), N_("gompertz"),
)
