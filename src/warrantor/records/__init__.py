"""THE RECORDS: units and claims, lifetimes, sales-returns charts; what is wrong with them, and the fleet folder."""

from __future__ import annotations

from warrantor.records.lifetimes import Lifetimes, read_lifetimes
from warrantor.records.load import Loaded, check, load, write_findings
from warrantor.records.sales_returns import looks_like_sales_returns, read_sales_returns

__all__ = ["Lifetimes", "Loaded", "check", "load", "looks_like_sales_returns", "read_lifetimes",
           "read_sales_returns", "write_findings"]
