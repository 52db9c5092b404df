"""THE PROMISE: guarantees as data, coverage folded from events, entitlement with its reasons. Standard library only."""

from __future__ import annotations

from warrantor.terms.allocation import allotted
from warrantor.terms.answer import Answer, Change, Layer
from warrantor.terms.coverage import EVENT_KINDS, Coverage, Event, coverage
from warrantor.terms.dump import to_toml
from warrantor.terms.entitle import entitle, starts
from warrantor.terms.evidence import Conflict, Evidence, Start, conflicts, evidence_status, start_of
from warrantor.terms.guarantee import Extension, Guarantee, Guarantees, PackError, Remedies
from warrantor.terms.imei import imei_status
from warrantor.terms.intake import Door, idempotency, intake_decision
from warrantor.terms.lint import Slip, lint
from warrantor.terms.money import Money
from warrantor.terms.pack import beside, default_guarantees, load_guarantees, shipped
from warrantor.terms.period import Holidays, Term, days_later, end_of, local_day
from warrantor.terms.remedy import (
    Complaint,
    battery_defect,
    burden_of_proof,
    notice_in_time,
    refund_amount,
    refund_due_by,
    reject_until,
    remedy,
)
from warrantor.terms.request import Request
from warrantor.terms.rule import MARKS, Reason, Rule, Source

__all__ = [
    "EVENT_KINDS", "MARKS", "Answer", "Change", "Complaint", "Conflict", "Coverage", "Door", "Event", "Evidence",
    "Extension", "Guarantee", "Guarantees", "Holidays", "Layer", "Money", "PackError", "Reason", "Remedies",
    "Request", "Rule", "Slip", "Source", "Start", "Term", "allotted", "battery_defect", "beside", "burden_of_proof",
    "conflicts",
    "coverage", "days_later", "default_guarantees", "end_of", "entitle", "evidence_status", "idempotency",
    "imei_status", "intake_decision", "lint", "load_guarantees", "local_day", "notice_in_time", "refund_amount",
    "refund_due_by", "reject_until", "remedy", "shipped", "start_of", "starts", "to_toml",
]
